"""Pointing is judged as one would with a finger, and chance is what random cells give."""

import pytest
import torch
from hypothesis import given, strategies as st
from torch.testing import assert_close

from companion.inspection import (
    centre_of,
    pointing,
    points_at,
    points_by_chance,
    share_on,
    times_chance,
)


def one_cell(row, column, size=4):
    heat = torch.zeros(1, size, size)
    heat[0, row, column] = 1.0
    return heat


@pytest.mark.parametrize(
    ("pixel", "hit"),
    [((5, 9), True), ((6, 10), True), ((5, 10), True), ((4, 9), False), ((7, 8), False)],
)
def test_only_the_middle_of_a_cell_points(pixel, hit):
    mask = torch.zeros(1, 16, 16, dtype=torch.bool)
    mask[0, pixel[0], pixel[1]] = True
    # Cell (1, 2) of 4x4 pixels has rows 4 to 7 and columns 8 to 11.
    assert points_at(one_cell(1, 2), mask).tolist() == [hit]
    assert points_at(one_cell(2, 1), mask).tolist() == [False]


def test_an_odd_cell_has_one_middle():
    mask = torch.zeros(1, 6, 6, dtype=torch.bool)
    mask[0, 1, 4] = True
    assert points_at(one_cell(0, 1, size=2), mask).item()
    assert not points_at(one_cell(0, 1, size=2), mask.roll(1, 2)).item()


@given(seed=st.integers(0, 2**31))
def test_chance_is_what_random_cells_give(seed):
    generator = torch.Generator().manual_seed(seed)
    masks = torch.rand(1, 16, 16, generator=generator) < 0.1
    every = torch.eye(64).reshape(64, 8, 8)
    hits = points_at(every, masks.expand(64, -1, -1)).float().mean()
    assert_close(points_by_chance(every[:1], masks), hits[None])


def test_shares():
    left = torch.zeros(2, 8, 8, dtype=torch.bool)
    left[:, :, :4] = True
    uniform = torch.full((2, 4, 4), 1 / 16)
    assert_close(share_on(uniform, left), torch.full((2,), 0.5))
    assert_close(share_on(one_cell(0, 0).expand(2, -1, -1) * 3, left), torch.ones(2))
    half = torch.zeros(1, 8, 8, dtype=torch.bool)
    half[:, 0:2, 0:1] = True
    assert_close(share_on(one_cell(0, 0), half), torch.tensor([0.5]))


def test_centres():
    assert_close(centre_of(torch.ones(1, 3, 5)), torch.full((1, 2), 0.5))
    assert_close(centre_of(one_cell(0, 3)), torch.tensor([[0.125, 0.875]]))


@pytest.mark.parametrize(
    ("heat", "masks", "words"),
    [
        ((1, 3, 3), (1, 8, 8), "3x3 map does not fit a 8x8 mask"),
        ((2, 4, 4), (1, 8, 8), "give .b, y, x. and boolean"),
        ((4, 4), (1, 8, 8), r"heat of shape \(4, 4\)"),
    ],
)
def test_what_does_not_fit_is_refused(heat, masks, words):
    with pytest.raises(ValueError, match=words):
        points_at(torch.rand(heat), torch.ones(masks, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"torch\.float32 masks"):
        share_on(torch.rand(1, 4, 4), torch.rand(1, 8, 8))


def test_the_game_over_many_maps_counts_own_and_other():
    masks = torch.zeros(3, 2, 8, 8, dtype=torch.bool)
    masks[:, 0, :4, :4], masks[:, 1, 4:, 4:] = True, True
    heat = torch.zeros(3, 4, 4)
    heat[0, 0, 0] = heat[1, 3, 3] = heat[2, 0, 3] = 1.0
    found = pointing(heat, masks, torch.tensor([0, 0, 1]))
    assert found == pytest.approx((1 / 3, 1 / 3, 4 / 16, 1 / 3))
    assert pointing(heat[:0], masks[:0], torch.zeros(0, dtype=torch.int64)).own == 0


def test_an_even_map_weighs_what_chance_gives():
    masks = torch.zeros(2, 4, 4, dtype=torch.bool)
    masks[:, :2, :2] = True
    assert_close(times_chance(torch.ones(2, 2, 2), masks), torch.tensor(1.0))
    all_on = torch.zeros(2, 2, 2)
    all_on[:, 0, 0] = 3.0
    assert_close(times_chance(all_on, masks), torch.tensor(4.0))
