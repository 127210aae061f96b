"""Warp, colours, boxes: what torchvision and timm do, image by image, and what they refuse."""

import math

import numpy as np
import pytest
import torch
from timm.data.mixup import cutmix_bbox_and_lam
from torch import Tensor
from torchvision.transforms import functional as vision

from companion.data import ColourJitter, CutMix, OneOf, RandomErasing, RandomFlip, RandomWarp
from companion.data.transforms.boxes import inside
from companion.data.transforms.colours import jitter
from companion.data.transforms.draws import Draws
from companion.data.transforms.warp import warp


def pictures(n: int = 6, channels: int = 3) -> Tensor:
    return torch.rand(n, channels, 16, 16, generator=torch.Generator().manual_seed(n))


def draws(n: int = 6, epoch: int = 0) -> Draws:
    return Draws(seed=0, epoch=epoch, samples=range(n))


def still(n: int, **changed: Tensor) -> dict[str, Tensor]:
    kept = {"angle": torch.zeros(n), "shear": torch.zeros(n), "scale": torch.ones(n)}
    return kept | {"shift": torch.zeros(n, 2)} | changed


LABELS = torch.tensor([2, 0, 1, 1, 2, 0])


def test_a_warp_that_does_nothing_gives_the_image_back():
    images = pictures()
    torch.testing.assert_close(warp(images, **still(6)), images)


@pytest.mark.parametrize("degrees", [-20.0, 90.0])
def test_a_turn_is_torchvisions(degrees):
    images = pictures()
    ours = warp(images, **still(6, angle=torch.full((6,), math.radians(degrees))))
    theirs = vision.rotate(images, degrees, interpolation=vision.InterpolationMode.BILINEAR)
    middle = slice(4, 12)  # The corners come from beyond the border: mirrored here, black there.
    torch.testing.assert_close(ours[..., middle, middle], theirs[..., middle, middle])


def test_shear_scale_and_shift_are_torchvisions():
    images, middle = pictures(), slice(6, 10)
    bilinear = {"interpolation": vision.InterpolationMode.BILINEAR, "fill": 0.0}
    moved = warp(images, **still(6, shift=torch.tensor([[0.25, -0.125]]).expand(6, 2)))
    theirs = vision.affine(images, 0.0, [-2, 1], 1.0, [0.0], **bilinear)
    torch.testing.assert_close(moved[..., middle, middle], theirs[..., middle, middle])
    grown = warp(images, **still(6, scale=torch.full((6,), 0.8)))
    theirs = vision.affine(images, 0.0, [0, 0], 1.25, [0.0], **bilinear)
    torch.testing.assert_close(grown[..., middle, middle], theirs[..., middle, middle])
    sheared = warp(images, **still(6, shear=torch.full((6,), math.tan(math.radians(10)))))
    theirs = vision.affine(images, 0.0, [0, 0], 1.0, [10.0, 0.0], **bilinear)
    torch.testing.assert_close(sheared[..., middle, middle], theirs[..., middle, middle])


def test_each_image_is_warped_by_its_own_numbers_and_anew_in_each_epoch():
    images = pictures(1).expand(6, -1, -1, -1)
    first, labels = RandomWarp()(images, LABELS, draws())
    again, _ = RandomWarp()(images, LABELS, draws(epoch=1))
    assert labels is LABELS
    assert len(torch.cat([first, again]).flatten(1).unique(dim=0)) == 12
    assert first.min() >= 0
    assert first.max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_colours_are_torchvisions(channels):
    images, factors = pictures(channels=channels), 0.5 + torch.rand(6, 3)
    for image, got, (bright, hard, full) in zip(
        images, jitter(images, factors), factors.tolist(), strict=True
    ):
        theirs = vision.adjust_contrast(vision.adjust_brightness(image, bright), hard)
        torch.testing.assert_close(got, vision.adjust_saturation(theirs, full))


def test_factors_of_colours_lie_within_the_given():
    white = torch.full((2000, 1, 1, 1), 0.5)
    changed, _ = ColourJitter(most=0.4)(white, torch.zeros(2000), draws(2000))
    assert 0.3 <= changed.min() < 0.31
    assert 0.69 < changed.max() <= 0.7


def test_a_box_holds_the_pixels_whose_middles_lie_in_it():
    held = inside(torch.zeros(1, 3, 4, 4), torch.tensor([[0.25, 0.5]]), torch.tensor([[0.5, 0.25]]))
    assert held[0, 0].nonzero().tolist() == [[1, 2], [2, 2]]


def test_boxes_are_erased_by_their_chance_and_size():
    images = torch.ones(4000, 3, 32, 32)
    erased, _ = RandomErasing(chance=0.25)(images, torch.zeros(4000), draws(4000))
    gone = (erased == 0).float().mean(dim=(1, 2, 3))
    touched = gone[gone > 0]
    assert 0.22 < len(touched) / 4000 < 0.28
    assert touched.min() > 0.01
    assert touched.max() < 0.36
    assert touched.mean() == pytest.approx((0.02 + 0.33) / 2, abs=0.01)
    assert torch.equal(erased[:, 0], erased[:, 2])


def test_cutmix_pairs_and_labels_are_timms():
    images = torch.arange(6.0)[:, None, None, None].expand(6, 3, 20, 20)
    mixed, shares = CutMix(alpha=1.0, num_classes=3)(images, LABELS, draws())
    foreign = mixed[0, 0] == 5.0
    assert 0 < foreign.sum() < 400
    assert (mixed[0, 0] == 0).sum() == 400 - foreign.sum()
    kept = 1 - foreign.float().mean()
    torch.testing.assert_close(shares[0], torch.tensor([1 - kept, 0.0, kept]))
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(6))
    # A box that timm draws around the same middle covers the same, cut off at the border.
    generator = draws().generator()
    share, (down, right) = generator.beta(1.0, 1.0), generator.random(2)
    places = iter([round(down * 20), round(right * 20)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np.random, "randint", lambda *_, **__: next(places))
        box, theirs = cutmix_bbox_and_lam((6, 3, 20, 20), share)
    assert theirs == pytest.approx(float(kept), abs=0.12)
    assert (box[1] - box[0]) * (box[3] - box[2]) == pytest.approx(float(foreign.sum()), abs=48)


def test_one_of_several_is_drawn_for_each_batch():
    images = pictures(1).expand(6, -1, -1, -1)
    either = OneOf(RandomFlip(chance=0.0), RandomFlip(chance=1.0))
    flipped = [
        bool((either(images, LABELS, draws(epoch=e))[0] != images).any()) for e in range(200)
    ]
    assert 70 < sum(flipped) < 130


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RandomWarp(degrees=-1.0), "degrees=-1.0"),
        (lambda: RandomWarp(scale=1.0), "leaves nothing"),
        (lambda: ColourJitter(most=1.5), "most=1.5"),
        (lambda: jitter(torch.zeros(1, 2, 4, 4), torch.ones(1, 3)), "2 channels"),
        (lambda: RandomErasing(chance=2.0), "chance=2.0"),
        (lambda: RandomErasing(smallest=0.5, largest=0.2), "boxes from 0.5 to 0.2"),
        (lambda: CutMix(alpha=0.0, num_classes=10), "alpha=0.0"),
        (lambda: CutMix(alpha=1.0, num_classes=2)(pictures(), LABELS, draws()), "too few"),
        (OneOf, "nothing to choose"),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
