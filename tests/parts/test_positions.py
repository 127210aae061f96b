"""Sinusoidal positions: the paper's formula, and what follows from it."""

import math

import pytest
import torch
from torch.testing import assert_close

from companion.parts import SinusoidalPositions, sinusoids


def test_entries_are_those_of_the_paper():
    table = sinusoids(50, 6)
    for place, pair in ((0, 0), (7, 1), (49, 2)):
        angle = place / 10_000 ** (2 * pair / 6)
        assert table[place, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-6)
        assert table[place, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


def test_dot_products_depend_on_distance_alone():
    products = sinusoids(40, 16) @ sinusoids(40, 16).T
    for distance in range(40):
        diagonal = products.diagonal(distance)
        assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-5, rtol=0)
    assert products[0, 0] == pytest.approx(8)
    assert products[0, 1] < products[0, 0] - 0.3


def test_a_shift_is_the_same_linear_map_everywhere():
    table = sinusoids(30, 8).double()
    shift = torch.linalg.lstsq(table[:20], table[5:25]).solution
    assert_close(table[:25] @ shift, table[5:], atol=1e-4, rtol=0)


def test_positions_are_added_from_the_first_place_on():
    layer = SinusoidalPositions(9, 4)
    tokens = torch.randn(2, 3, 4)
    assert_close(layer(tokens), tokens + sinusoids(9, 4)[:3])
    assert_close(layer(tokens, first=6), tokens + sinusoids(9, 4)[6:])
    assert list(layer.state_dict()) == []


@pytest.mark.parametrize(("shape", "first"), [((1, 10, 4), 0), ((1, 3, 4), 7), ((1, 3, 6), 0)])
def test_tokens_beyond_the_table_are_refused(shape, first):
    with pytest.raises(ValueError, match="knows 9 places of dim 4"):
        SinusoidalPositions(9, 4)(torch.zeros(shape), first)


@pytest.mark.parametrize(("sizes", "words"), [((5, 3), "dim=3 is odd"), ((0, 4), "num_tokens=0")])
def test_bad_sizes_are_refused(sizes, words):
    with pytest.raises(ValueError, match=words):
        sinusoids(*sizes)
