"""Entropy, likeness and distance of heads against values that can be worked out by hand."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from scipy.stats import entropy as entropy_of_scipy
from torch.testing import assert_close

from companion.inspection import (
    AttentionMap,
    entropy,
    head_distance,
    head_similarity,
    key_share,
    mean_distance,
    mean_over_heads,
    patch_distances,
    query_map,
)
from companion.parts import CLASS_TOKEN, TokenLayout


def layout_of(prefix, rows, columns):
    return TokenLayout((CLASS_TOKEN, "register 1")[:prefix], rows, columns)


def attention(seed, *, batch=2, heads=3, prefix=1, rows=2, columns=3, dtype=torch.float):
    tokens = prefix + rows * columns
    generator = torch.Generator().manual_seed(seed)
    scores = 3 * torch.randn(batch, heads, tokens, tokens, generator=generator, dtype=dtype)
    return AttentionMap("layer", scores.softmax(-1), layout_of(prefix, rows, columns))


def even(prefix, rows, columns):
    tokens = prefix + rows * columns
    weights = torch.full((1, 1, tokens, tokens), 1 / tokens)
    return AttentionMap("layer", weights, layout_of(prefix, rows, columns))


@pytest.mark.parametrize("prefix", [0, 1, 2])
def test_a_query_map_is_the_row_of_its_patch_without_the_prefix(prefix):
    recorded = attention(0, prefix=prefix, rows=2, columns=3)
    heat = query_map(recorded, 1, 2)
    assert heat.shape == (2, 3, 2, 3)
    assert_close(heat[1, 2, 0, 1], recorded.weights[1, 2, prefix + 5, prefix + 1])
    assert_close(heat.sum((-2, -1)), 1 - recorded.weights[:, :, prefix + 5, :prefix].sum(-1))


@pytest.mark.parametrize(("y", "x"), [(2, 0), (0, 3), (-1, 0), (0, -1)])
def test_a_query_off_the_grid_is_refused(y, x):
    with pytest.raises(ValueError, match=rf"patch \({y}, {x}\) is not on the grid of 2x3"):
        query_map(attention(0), y, x)


@pytest.mark.parametrize(
    "measure", [lambda m: query_map(m, 0, 0), lambda m: mean_distance(m, patch_size=1)]
)
def test_maps_without_patches_are_refused(measure):
    with pytest.raises(ValueError, match="layer has no patches"):
        measure(AttentionMap("layer", torch.ones(1, 1, 4, 4), None))
    with pytest.raises(ValueError, match=r"1 queries and 6 keys, but 0 \+ 2 \* 3 = 6 tokens"):
        measure(AttentionMap("layer", torch.ones(1, 1, 1, 6), TokenLayout((), 2, 3)))


def test_the_mean_over_heads_is_a_layer_of_one_head():
    recorded = attention(1)
    recorded.weights[:] = torch.tensor([1.0, 2.0, 6.0])[:, None, None]
    mean = mean_over_heads(recorded)
    assert (mean.layer, mean.layout) == (recorded.layer, recorded.layout)
    assert torch.equal(mean.weights, torch.full((2, 1, 7, 7), 3.0))


@given(st.integers(1, 200))
def test_even_attention_has_the_entropy_of_its_keys(keys):
    spread = entropy(AttentionMap("layer", torch.full((1, 2, 3, keys), 1 / keys), None))
    assert_close(spread, torch.full((1, 2, 3), math.log(keys)))


def test_entropy_is_that_of_scipy_and_zero_for_one_key():
    recorded = attention(2)
    assert_close(
        entropy(recorded).numpy(),
        entropy_of_scipy(recorded.weights.numpy(), axis=-1),
        rtol=1e-5,
        atol=1e-6,
    )
    one = torch.eye(4)[None, None]
    assert torch.equal(entropy(AttentionMap("layer", one, None)), torch.zeros(1, 1, 4))


def test_likeness_of_heads_that_are_known():
    left, right = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    both = torch.tensor([0.5, 0.5])
    first = torch.stack([left.expand(2, 2), right.expand(2, 2)])[None]
    second = torch.stack([both.expand(2, 2), left.expand(2, 2)])[None]
    alike = head_similarity([AttentionMap("a", first, None), AttentionMap("b", second, None)])
    half = 0.5**0.5
    expected = [[1, 0, half, 1], [0, 1, half, 0], [half, half, 1, half], [1, 0, half, 1]]
    assert_close(alike, torch.tensor(expected))


def test_likeness_is_the_mean_over_images():
    weights = torch.zeros(4, 2, 2, 2)
    weights[:, 0] = torch.eye(2)
    weights[0, 1] = 100 * torch.eye(2)  # alike, and an image that must not outweigh the others
    weights[1:, 1] = torch.eye(2).flip(0)  # nothing in common
    alike = head_similarity([AttentionMap("layer", weights, None)])
    assert_close(alike, torch.tensor([[1, 0.25], [0.25, 1]]))


def test_likeness_needs_maps_of_one_size():
    with pytest.raises(ValueError, match="0 maps"):
        head_similarity([])
    with pytest.raises(ValueError, match=r"2 maps .* \[\(2, 7, 7\), \(2, 9, 9\)\]"):
        head_similarity([attention(0), attention(0, rows=2, columns=4)])


@given(st.integers(1, 4), st.integers(1, 5), st.floats(0.5, 20))
def test_distances_are_those_between_patch_centres(rows, columns, patch_size):
    distances = patch_distances(rows, columns, patch_size=patch_size)
    places = list(product(range(rows), range(columns)))
    by_hand = [[patch_size * math.dist(a, b) for b in places] for a in places]
    np.testing.assert_allclose(distances, by_hand, rtol=1e-6)


def even_distance(rows, columns, patch_size):
    """What even attention gives, by counting how many pairs lie how far apart."""
    pairs = sum(
        (1 if down == 0 else 2)
        * (rows - down)
        * (1 if right == 0 else 2)
        * (columns - right)
        * math.hypot(down, right)
        for down in range(rows)
        for right in range(columns)
    )
    return patch_size * pairs / (rows * columns) ** 2


@given(st.integers(0, 2), st.integers(1, 7), st.integers(1, 7), st.floats(0.5, 20))
def test_even_attention_looks_as_far_as_pairs_of_patches_lie_apart(prefix, rows, columns, patch):
    away = mean_distance(even(prefix, rows, columns), patch_size=patch)
    assert away.shape == (1, 1, rows, columns)
    assert away.mean().item() == pytest.approx(even_distance(rows, columns, patch), rel=1e-5)


@pytest.mark.parametrize("prefix", [0, 1, 2])
def test_distance_weighs_what_falls_on_patches_alone(prefix):
    # On a grid of 4x5 the patch in row 3, column 4 lies 3, 4 and 5 patches from three corners.
    weights = torch.zeros(1, 1, prefix + 20, prefix + 20)
    weights[..., :prefix] = 0.25
    row = weights[0, 0, prefix + 19, prefix:]
    row[4], row[15], row[0] = 0.1, 0.1, 0.3
    attention = AttentionMap("layer", weights, layout_of(prefix, 4, 5))
    away = mean_distance(attention, patch_size=2)
    assert away[0, 0, 3, 4].item() == pytest.approx(2 * (0.1 * 3 + 0.1 * 4 + 0.3 * 5) / 0.5)


def test_looking_at_oneself_is_no_distance_and_at_no_patch_none():
    itself = AttentionMap("layer", torch.eye(7)[None, None], layout_of(1, 2, 3))
    assert torch.equal(mean_distance(itself, patch_size=6), torch.zeros(1, 1, 2, 3))
    only_class = torch.zeros(1, 1, 7, 7)
    only_class[..., 0] = 1
    away = mean_distance(AttentionMap("layer", only_class, layout_of(1, 2, 3)), patch_size=6)
    assert away.isnan().all()


def test_half_precision_is_measured_in_single():
    recorded = attention(4)
    rough = AttentionMap("layer", recorded.weights.half(), recorded.layout)
    exact = AttentionMap("layer", rough.weights.float(), recorded.layout)
    assert_close(mean_distance(rough, patch_size=6), mean_distance(exact, patch_size=6))
    assert torch.equal(entropy(rough), entropy(exact))
    assert torch.equal(head_similarity([rough]), head_similarity([exact]))


@pytest.mark.parametrize("patch_size", [0, -6, math.nan])
def test_a_patch_has_a_size(patch_size):
    with pytest.raises(ValueError, match="sizes must be positive"):
        mean_distance(attention(0), patch_size=patch_size)


def test_a_head_that_was_switched_off_is_like_no_other():
    weights = attention(5).weights.clone()
    weights[:, 1] = 0
    alike = head_similarity([AttentionMap("layer", weights, None)])
    assert alike[1].tolist() == [0, 0, 0]
    assert_close(alike.diagonal(), torch.tensor([1.0, 0, 1]))


def test_heads_are_apart_by_what_would_have_to_move():
    same, other = torch.tensor([1.0, 0, 0]), torch.tensor([0, 0.5, 0.5])
    half = torch.tensor([0.5, 0.5, 0])
    weights = torch.stack([torch.stack([same, half]), torch.stack([other, half])])[None]
    both, first = torch.tensor([[True, True]]), torch.tensor([[True, False]])
    assert head_distance(weights, first) == pytest.approx(1.0)
    assert head_distance(weights, both) == pytest.approx(0.5)
    three = torch.stack([same, same, half])[None, :, None]
    assert head_distance(three, torch.tensor([[True]])) == pytest.approx(1 / 3)


def test_distance_needs_two_heads_and_a_query():
    with pytest.raises(ValueError, match="1 heads and 1 queries"):
        head_distance(torch.ones(1, 1, 1, 1), torch.tensor([[True]]))
    with pytest.raises(ValueError, match="2 heads and 0 queries"):
        head_distance(torch.ones(1, 2, 1, 1), torch.tensor([[False]]))


def test_the_key_explains_stripes_and_nothing_of_a_diagonal():
    layout = TokenLayout((), 2, 2)
    stripes = torch.rand(4).softmax(0).expand(1, 1, 4, 4)
    assert_close(key_share(AttentionMap("a", stripes, layout)), torch.ones(1, 1))
    assert_close(key_share(AttentionMap("a", torch.eye(4)[None, None], layout)), torch.zeros(1, 1))
