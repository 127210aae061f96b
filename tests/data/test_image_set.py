"""What an image set refuses, with the numbers and the remedy, and what it hands out."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from companion.data import ImageSet, batches

CLASSES = ("cat", "dog", "emu")


def make(n: int = 4, channels: int = 3, height: int = 5, width: int = 5) -> ImageSet:
    generator = torch.Generator().manual_seed(n)
    images = torch.rand(n, channels, height, width, generator=generator)
    return ImageSet(images, torch.arange(n) % len(CLASSES), CLASSES)


@given(n=st.integers(1, 9), channels=st.integers(1, 4), size=st.integers(1, 9))
def test_a_sound_set_knows_its_sizes(n: int, channels: int, size: int) -> None:
    images = make(n, channels, size, size)
    assert (len(images), images.channels, images.image_size) == (n, channels, size)
    assert images.num_classes == 3


def test_describe_and_repr_tell_what_is_in_it() -> None:
    images = make(7)
    assert repr(images) == "ImageSet(7 images of 3x5x5, 3 classes)"
    assert images.describe() == (
        "7 images of 3x5x5 (channels x height x width), 3 classes with 2 to 3 images each"
    )


def test_no_image_size_without_squares() -> None:
    with pytest.raises(ValueError, match=r"5x7, not square.*crop"):
        _ = make(height=5, width=7).image_size


@given(bad=st.sampled_from([math.nan, math.inf, -math.inf]), where=st.integers(0, 4 * 75 - 1))
def test_one_bad_pixel_anywhere_is_found(bad: float, where: int) -> None:
    images = make().images
    images.view(-1)[where] = bad
    with pytest.raises(ValueError, match=r"1 of 300 pixels are not finite"):
        ImageSet(images, torch.zeros(4, dtype=torch.int64), CLASSES)


@given(value=st.one_of(st.floats(1.01, 255), st.floats(-255, -0.01)))
def test_a_pixel_outside_0_to_1_is_named(value: float) -> None:
    images = make().images
    images[2, 1, 3, 0] = value
    with pytest.raises(ValueError, match=r"pixels run from .*outside \[0, 1\].*scale them"):
        ImageSet(images, torch.zeros(4, dtype=torch.int64), CLASSES)


@given(shape=st.lists(st.integers(1, 4), min_size=0, max_size=6).filter(lambda s: len(s) != 4))
def test_the_wrong_rank_is_named(shape: list[int]) -> None:
    with pytest.raises(ValueError, match=r"shape .*: expected four axes .*unsqueeze"):
        ImageSet(torch.zeros(shape), torch.zeros(1, dtype=torch.int64), CLASSES)


@given(empty=st.integers(0, 3))
def test_a_set_of_nothing_is_refused(empty: int) -> None:
    shape = [2, 3, 4, 5]
    shape[empty] = 0
    with pytest.raises(ValueError, match="there is nothing in them"):
        ImageSet(torch.zeros(shape), torch.zeros(shape[0], dtype=torch.int64), CLASSES)


@given(dtype=st.sampled_from([torch.int64, torch.float64, torch.float16, torch.bool]))
def test_images_of_another_type_are_refused(dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match=rf"images are {dtype}.*images.float\(\)"):
        ImageSet(torch.zeros(1, 1, 2, 2, dtype=dtype), torch.zeros(1, dtype=torch.int64), CLASSES)


def test_arrays_are_not_tensors() -> None:
    with pytest.raises(ValueError, match="images are float64, not a uint8 or float32 tensor"):
        ImageSet(make().images.double().numpy(), torch.zeros(4, dtype=torch.int64), CLASSES)
    with pytest.raises(ValueError, match="labels are list, not an int64 tensor"):
        ImageSet(make().images, [0, 0, 0, 0], CLASSES)


@given(dtype=st.sampled_from([torch.uint8, torch.int32, torch.float32, torch.bool]))
def test_labels_of_another_type_are_refused(dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match=rf"labels are {dtype}.*labels.long\(\)"):
        ImageSet(torch.zeros(1, 1, 2, 2), torch.zeros(1, dtype=dtype), CLASSES)


@given(n=st.integers(1, 6), labels=st.integers(0, 6))
def test_one_label_for_each_image(n: int, labels: int) -> None:
    if n == labels:
        return
    with pytest.raises(ValueError, match=rf"labels have shape \({labels},\) for {n} images"):
        ImageSet(torch.zeros(n, 1, 2, 2), torch.zeros(labels, dtype=torch.int64), CLASSES)


@given(label=st.one_of(st.integers(-(2**40), -1), st.integers(3, 2**40)), where=st.integers(0, 3))
def test_a_label_without_a_class_is_named(label: int, where: int) -> None:
    labels = torch.zeros(4, dtype=torch.int64)
    labels[where] = label
    with pytest.raises(ValueError, match=rf"{label}.* 3 classes allow 0 to 2"):
        ImageSet(make().images, labels, CLASSES)


def test_an_image_with_its_label_and_a_whole_batch() -> None:
    images = make()
    image, label = images[2]
    assert torch.equal(image, images.images[2])
    assert label == images.labels[2]
    batch, labels = images.__getitems__([3, 0, 3])
    assert torch.equal(batch, images.images[[3, 0, 3]])
    assert labels.tolist() == images.labels[[3, 0, 3]].tolist()
    assert len(list(images)) == 4


@given(indices=st.lists(st.integers(0, 8), min_size=1, max_size=12), as_tensor=st.booleans())
def test_a_subset_keeps_images_with_their_labels(indices: list[int], as_tensor: bool) -> None:
    images = make(9)
    part = images.subset(torch.tensor(indices) if as_tensor else indices)
    assert torch.equal(part.images, images.images[indices])
    assert torch.equal(part.labels, images.labels[indices])
    assert part.classes == CLASSES


def test_a_subset_by_range() -> None:
    assert torch.equal(make(9).subset(range(2, 5)).images, make(9).images[2:5])


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([], "at least one index"),
        ([[0, 1]], r"shape \(1, 2\)"),
        (torch.tensor(1), r"shape \(\)"),
        ([0, 4], "0 to 4, but the set has images 0 to 3"),
        ([-1, 0], "-1 to 0"),
        ([0.5], "not integers"),
        ([True, False, True, True], "nonzero"),
    ],
)
def test_a_subset_that_cannot_be(indices: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make().subset(indices)


def test_a_set_is_frozen() -> None:
    with pytest.raises(AttributeError, match="cannot assign"):
        make().images = torch.zeros(1, 1, 2, 2)


def as_bytes(n: int = 6) -> ImageSet:
    """Every value that a byte may have is in it."""
    pixels = (torch.arange(n * 2 * 8 * 8) % 256).to(torch.uint8).reshape(n, 2, 8, 8)
    return ImageSet(pixels, torch.arange(n) % len(CLASSES), CLASSES)


def test_bytes_are_kept_and_handed_out_as_numbers_from_0_to_1() -> None:
    images = as_bytes()
    expected = torch.from_numpy(images.pixels.numpy().astype(np.float32) / np.float32(255))
    assert images.pixels.dtype == torch.uint8
    assert (images.images.min(), images.images.max()) == (0, 1)
    loader = batches(images, batch_size=4, seed=0, shuffle=False)
    handed_out = {
        "images": images.images,
        "an image": images[2][0],
        "a slice": images[1:4][0],
        "a batch": images.__getitems__([5, 0])[0],
        "a subset": images.subset([3, 3]).images,
        "batches": torch.cat([batch for batch, _ in loader]),
    }
    rows = {"an image": 2, "a slice": slice(1, 4), "a batch": [5, 0], "a subset": [3, 3]}
    for name, got in handed_out.items():
        assert got.dtype == torch.float32, name
        assert torch.equal(got, expected[rows.get(name, slice(None))]), name


def test_what_is_handed_out_does_not_reach_the_bytes() -> None:
    images = as_bytes()
    before = images.pixels.clone()
    images.images.zero_()
    images[0][0].zero_()
    assert torch.equal(images.pixels, before)


def test_a_subset_of_bytes_is_bytes_and_a_slice_has_its_labels() -> None:
    images = as_bytes()
    part = images.subset([4, 1])
    assert torch.equal(part.pixels, images.pixels[[4, 1]])
    assert images[2:5][1].tolist() == images.labels[2:5].tolist()
    assert images.describe().startswith("6 images of 2x8x8 (")
    assert replace(images, labels=images.labels.flip(0)).pixels.dtype == torch.uint8
