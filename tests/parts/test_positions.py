"""Positions: sinusoids as published, and learned ones resized as timm does it."""

import pytest
import torch
from hypothesis import given, strategies as st
from timm.layers import resample_abs_pos_embed
from torch.testing import assert_close

from companion.parts import (
    CLASS_TOKEN,
    SinusoidalPositions,
    TokenLayout,
    resize_positions,
    sinusoids,
)


def test_a_table_of_four_columns_in_numbers():
    expected = [
        [0.00000, 1.00000, 0.00000, 1.00000],
        [0.84147, 0.54030, 0.01000, 0.99995],
        [0.90930, -0.41615, 0.02000, 0.99980],
        [0.14112, -0.98999, 0.03000, 0.99955],
    ]
    assert_close(sinusoids(4, 4), torch.tensor(expected), atol=1e-5, rtol=0)


def test_the_slowest_clock_nears_10000_times_2_pi_places():
    slow = sinusoids(31_417, 512)[:, -1]
    assert slow.argmin().item() == pytest.approx(30_305, abs=5)  # half a turn


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


@given(
    st.sampled_from([(), (CLASS_TOKEN,), (CLASS_TOKEN, "register 1")]),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_resized_positions_are_those_of_timm(prefix, old, new):
    before, after = TokenLayout(prefix, *old), TokenLayout(prefix, *new)
    table = torch.randn(1, before.num_tokens, 3)
    resized = resize_positions(table, before, after)
    theirs = resample_abs_pos_embed(table, list(new), list(old), num_prefix_tokens=len(prefix))
    assert torch.equal(resized, theirs)
    assert torch.equal(resized[:, : len(prefix)], table[:, : len(prefix)])


def test_what_cannot_be_resized_is_refused():
    layout = TokenLayout((CLASS_TOKEN,), 2, 3)
    with pytest.raises(ValueError, match=r"\(1, 6, 4\) .* expected \(1, 7, dim\) and one prefix"):
        resize_positions(torch.zeros(1, 6, 4), layout, layout)
    with pytest.raises(ValueError, match="one prefix"):
        resize_positions(torch.zeros(1, 7, 4), layout, TokenLayout((), 2, 3))


@pytest.mark.parametrize(("shape", "first"), [((1, 10, 4), 0), ((1, 3, 4), 7), ((1, 3, 6), 0)])
def test_tokens_beyond_the_table_are_refused(shape, first):
    with pytest.raises(ValueError, match="knows 9 places of dim 4"):
        SinusoidalPositions(9, 4)(torch.zeros(shape), first)


@pytest.mark.parametrize(("sizes", "words"), [((5, 3), "dim=3 is odd"), ((0, 4), "num_tokens=0")])
def test_bad_sizes_are_refused(sizes, words):
    with pytest.raises(ValueError, match=words):
        sinusoids(*sizes)
