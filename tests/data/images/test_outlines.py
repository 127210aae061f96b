"""Outlines become masks, and belong to the photographs that they were drawn on."""

import pytest
import torch
from torch.testing import assert_close

from companion.data import OUTLINES, ImageSet, outline_masks, outlined_photographs
from companion.data.image_set import Splits

CLASSES = ("a", "b")


def photographs(count):
    pixels = torch.zeros(count, 3, 1, 1, dtype=torch.uint8)
    pixels[:, 0, 0, 0] = torch.arange(count) % 251
    return ImageSet(pixels, torch.zeros(count, dtype=torch.int64), CLASSES)


def test_a_square_covers_its_pixels():
    square = [(8, 16), (24, 16), (24, 32), (8, 32)]
    (mask,) = outline_masks(8, [[square]])
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[4:, 2:6] = True
    assert_close(mask, expected)


def test_two_polygons_of_one_photograph_join():
    left, right = [(0, 0), (8, 0), (8, 32), (0, 32)], [(24, 0), (32, 0), (32, 32), (24, 32)]
    (mask,) = outline_masks(4, [[left, right]])
    assert mask.tolist() == [[True, False, False, True]] * 4


def test_a_hollow_stays_open():
    u = [(0, 0), (8, 0), (8, 24), (24, 24), (24, 0), (32, 0), (32, 32), (0, 32)]
    (mask,) = outline_masks(4, [[u]])
    assert mask.tolist() == [[True, False, False, True]] * 3 + [[True] * 4]


def test_outlines_lie_in_their_photographs_and_cover_some_of_each():
    corners = [corner for polygons in OUTLINES.values() for p in polygons for corner in p]
    assert all(0 <= x <= 32 and 0 <= y <= 32 for x, y in corners)
    shares = outline_masks(32).float().mean(dim=(1, 2))
    assert len(shares) == 33
    assert shares.min() > 0.02
    assert shares.max() < 0.7


def test_photographs_are_those_of_the_fifth_batch():
    numbers = torch.tensor(list(OUTLINES))
    stand_in = Splits(photographs(10), photographs(10_000), note="stands in")
    official = Splits(photographs(50_000), photographs(10), note="")
    assert_close(outlined_photographs(stand_in).pixels[:, 0, 0, 0].long(), numbers % 251)
    fifth = (40_000 + numbers) % 251
    assert_close(outlined_photographs(official).pixels[:, 0, 0, 0].long(), fifth)


def test_parts_of_the_set_are_refused():
    with pytest.raises(ValueError, match="give all of CIFAR-10"):
        outlined_photographs(Splits(photographs(50), photographs(10), note=""))
    with pytest.raises(ValueError, match="at least 3"):
        outline_masks(4, [[[(0, 0), (1, 1)]]])
    with pytest.raises(ValueError, match="size=0"):
        outline_masks(0)
