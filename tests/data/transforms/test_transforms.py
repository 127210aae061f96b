"""Crop, flip, normalise and mixup do what torchvision and timm do, and refuse what they cannot."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms import functional as vision

from companion.data import Compose, ImageSet, Mixup, Normalise, RandomCrop, RandomFlip
from companion.data.transforms.crop_and_flip import crop, flip
from companion.data.transforms.draws import Draws
from companion.data.transforms.mixup import mix


def pictures(n: int = 6, size: int = 8) -> Tensor:
    return torch.rand(n, 3, size, size + 1, generator=torch.Generator().manual_seed(n))


def draws(n: int = 6) -> Draws:
    return Draws(seed=0, epoch=0, samples=range(n))


LABELS = torch.tensor([2, 0, 1, 1, 2, 0])


@pytest.mark.parametrize(("border", "theirs"), [("zero", "constant"), ("reflect", "reflect")])
def test_crop_equals_torchvisions_at_every_offset(border: str, theirs: str) -> None:
    images, padding = pictures(25), 2
    offsets = torch.cartesian_prod(torch.arange(5), torch.arange(5))
    ours = crop(images, offsets, padding=padding, border=border)  # type: ignore[arg-type]
    for image, got, (top, left) in zip(images, ours, offsets.tolist(), strict=True):
        padded = vision.pad(image, [padding] * 4, padding_mode=theirs)
        assert torch.equal(got, vision.crop(padded, top, left, *image.shape[1:]))


def test_flip_equals_torchvisions() -> None:
    images = pictures()
    which = torch.tensor([True, False, True, True, False, False])
    for image, got, flipped in zip(images, flip(images, which), which, strict=True):
        assert torch.equal(got, vision.hflip(image) if flipped else image)


def test_crops_are_drawn_from_everywhere_and_flips_by_their_chance() -> None:
    n = 2000
    images = torch.arange(4.0).reshape(1, 1, 2, 2).expand(n, 1, 2, 2) + 1
    shifted, _ = RandomCrop(padding=1)(images, torch.zeros(n), draws(n))
    kinds, counts = shifted.flatten(1).unique(dim=0, return_counts=True)
    assert len(kinds) == 9
    assert counts.min() > n / 9 - 5 * (n / 9) ** 0.5
    for chance, low, high in ((0.0, 0, 0), (0.3, 500, 700), (1.0, n, n)):
        flipped, _ = RandomFlip(chance=chance)(images, torch.zeros(n), draws(n))
        assert low <= (flipped[:, 0, 0, 0] == 2).sum() <= high


def test_normalise_equals_torchvisions() -> None:
    mean, std = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
    images = pictures()
    got, labels = Normalise(mean=mean, std=std)(images, LABELS, draws())
    torch.testing.assert_close(got, vision.normalize(images, list(mean), list(std)))
    assert torch.equal(labels, LABELS)


@pytest.mark.parametrize("as_bytes", [True, False])
def test_normalised_like_itself_a_set_has_mean_0_and_deviation_1(as_bytes: bool) -> None:
    """More images than are looked at at a time."""
    generator = np.random.default_rng(0)
    pixels = torch.from_numpy(generator.beta(2, [[[3]], [[1]], [[9]]], (1003, 3, 2, 2)))
    pixels = (pixels * 255).to(torch.uint8) if as_bytes else pixels.float()
    images = ImageSet(pixels, torch.zeros(1003, dtype=torch.int64), ("a",))
    done = Normalise.like(images).images(images.images).double()
    torch.testing.assert_close(done.mean((0, 2, 3)), torch.zeros(3).double(), atol=1e-6, rtol=0)
    deviations = done.std((0, 2, 3), correction=0)
    torch.testing.assert_close(deviations, torch.ones(3).double(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_mixup_equals_timms(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    from timm.data.mixup import Mixup as TimmMixup

    timms = TimmMixup(mixup_alpha=0.8, label_smoothing=0.0, num_classes=3)
    monkeypatch.setattr(timms, "_params_per_batch", lambda: (share, False))
    images = pictures()
    expected, expected_labels = timms(images.clone(), LABELS)
    got, labels = mix(images, LABELS, share=share, num_classes=3)
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(labels, expected_labels)
    assert labels.shape == (6, 3)
    assert labels.dtype == torch.float32
    torch.testing.assert_close(labels.sum(1), torch.ones(6))


def test_mixup_draws_its_share_from_the_beta_distribution() -> None:
    """Beta(0.5, 0.5) has mean 1/2 and variance 1/8; far more often than not it is near 0 or 1."""
    images, labels = torch.tensor([1.0, 0.0]).reshape(2, 1, 1, 1), torch.tensor([0, 1])
    mixup = Mixup(alpha=0.5, num_classes=2)
    shares = torch.tensor(
        [
            float(mixup(images, labels, Draws(seed=0, epoch=0, samples=[n, 0]))[0][0])
            for n in range(2000)
        ]
    )
    assert abs(shares.mean() - 0.5) < 0.04
    assert abs(shares.var() - 0.125) < 0.01


def test_composed_transforms_draw_numbers_of_their_own() -> None:
    """Two flips that drew the same numbers would undo each other."""
    images = pictures(200)
    twice, _ = Compose(RandomFlip(), RandomFlip())(images, torch.zeros(200), draws(200))
    changed = (twice != images).flatten(1).any(1).float().mean()
    assert 0.35 < changed < 0.65
    order: list[str] = []

    def noted(name: str) -> Callable:
        def transform(images: Tensor, labels: Tensor, _: Draws) -> tuple[Tensor, Tensor]:
            order.append(name)
            return images, labels

        return transform

    Compose(noted("first"), noted("second"))(images, LABELS, draws())
    assert order == ["first", "second"]


def test_the_given_images_stay_as_they_are() -> None:
    images = pictures()
    before, labels = images.clone(), LABELS.clone()
    Compose(
        RandomCrop(padding=2, border="reflect"),
        RandomFlip(),
        Normalise(mean=(0.5,) * 3, std=(0.5,) * 3),
        Mixup(alpha=0.2, num_classes=3),
    )(images, labels, draws())
    assert torch.equal(images, before)
    assert torch.equal(labels, LABELS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomCrop(padding=0), "padding=0: give a whole number"),
        (lambda: RandomCrop(padding=1, border="edge"), "border='edge': give 'zero' or 'reflect'"),
        (lambda: RandomFlip(chance=1.5), r"chance=1\.5 is no chance"),
        (lambda: Normalise(mean=(0.5,), std=(0.5, 0.5)), "1 means and 2 deviations"),
        (lambda: Normalise(mean=(0.5,), std=(0.0,)), r"std=\(0\.0,\): each must be above 0"),
        (lambda: Mixup(alpha=0, num_classes=3), "alpha=0: give a number above 0"),
        (lambda: Mixup(alpha=1, num_classes=0), "num_classes=0"),
        (
            lambda: RandomCrop(padding=8, border="reflect")(pictures(), LABELS, draws()),
            "padding=8 is too wide for images of 8x9 to mirror: give at most 7, or border='zero'",
        ),
        (
            lambda: Normalise(mean=(0.5,), std=(0.5,))(pictures(), LABELS, draws()),
            "1 means for 3 channels",
        ),
        (
            lambda: Mixup(alpha=1, num_classes=2)(pictures(), LABELS, draws()),
            "labels run from 0 to 2: num_classes=2 is too few",
        ),
        (
            lambda: Mixup(alpha=1, num_classes=3)(pictures(), torch.rand(6, 3), draws()),
            r"labels are \(6, 3\) of torch\.float32.*mixup comes once",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_numbers(make: Callable, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
