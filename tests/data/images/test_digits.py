"""The digits are scikit-learn's, and their split is even, repeatable and without overlap."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from sklearn.datasets import load_digits as sklearn_digits

from companion.data import ImageSet, load_digits


def rows(images: ImageSet) -> list[bytes]:
    """An image and its label as bytes: something that can be counted."""
    return [
        image.numpy().tobytes() + bytes([label])
        for image, label in zip(images.images, images.labels.tolist(), strict=True)
    ]


def test_train_and_test_together_are_sklearns_digits_each_once() -> None:
    splits = load_digits()
    digits = sklearn_digits()
    expected = ImageSet(
        torch.from_numpy((digits.images / 16).astype(np.float32)).unsqueeze(1),
        torch.from_numpy(digits.target).long(),
        tuple("0123456789"),
    )
    # Sorted lists, not sets: an image that is in both parts would be counted twice.
    assert sorted(rows(splits.train) + rows(splits.test)) == sorted(rows(expected))
    assert len(set(rows(expected))) == len(expected) == 1797


def test_sizes_and_grey_levels() -> None:
    train, test, note = load_digits()
    assert (len(train), len(test), note) == (1347, 450, "")
    assert train.images.shape[1:] == test.images.shape[1:] == (1, 8, 8)
    levels = torch.unique(torch.cat([train.images, test.images]))
    assert torch.equal(levels, torch.arange(17) / 16)
    assert train.classes == tuple("0123456789")


@pytest.mark.parametrize("test_fraction", [0.1, 0.25, 0.5])
def test_every_class_gives_its_share(test_fraction: float) -> None:
    train, test, _ = load_digits(test_fraction=test_fraction, seed=3)
    in_train, in_test = (torch.bincount(part.labels, minlength=10) for part in (train, test))
    wanted = (in_train + in_test) * test_fraction
    assert (in_test - wanted).abs().max() <= 1


@given(seed=st.integers(0, 2**32 - 1))
def test_a_seed_means_one_split(seed: int) -> None:
    assert torch.equal(load_digits(seed=seed).test.images, load_digits(seed=seed).test.images)


def test_the_split_of_seed_0_is_pinned() -> None:
    """Stored results depend on it: a scikit-learn that splits otherwise must be noticed."""
    assert load_digits().test.labels[:20].tolist() == [
        2,
        0,
        4,
        9,
        4,
        1,
        2,
        4,
        6,
        7,
        9,
        1,
        8,
        0,
        9,
        8,
        2,
        9,
        7,
        7,
    ]


def test_another_seed_is_another_split_and_the_global_state_is_left_alone() -> None:
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    first, second = load_digits(seed=0), load_digits(seed=1)
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert np.random.get_state()[1].tolist() == numpy_before  # noqa: NPY002
    assert not torch.equal(first.test.images, second.test.images)


@pytest.mark.parametrize("test_fraction", [0, 1, -0.5, 1.5, 0.001, float("nan")])
def test_a_fraction_that_leaves_nothing(test_fraction: float) -> None:
    with pytest.raises(ValueError, match=rf"test_fraction={test_fraction} is not between"):
        load_digits(test_fraction=test_fraction)


def test_a_negative_seed() -> None:
    with pytest.raises(ValueError, match="seed=-1: give 0"):
        load_digits(seed=-1)
