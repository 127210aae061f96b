"""Maps against values that can be worked out."""

import pytest
import torch
from hypothesis import given, strategies as st
from sklearn.decomposition import PCA
from torch.testing import assert_close

from companion.inspection import (
    AttentionMap,
    class_token_map,
    from_class_token,
    position_similarity,
    principal_components,
    query_map,
)
from companion.parts import CLASS_TOKEN, TokenLayout


def test_class_token_map_is_row_zero_without_the_prefix():
    weights = torch.rand(2, 3, 7, 7).softmax(-1)
    heat = class_token_map(AttentionMap("layer", weights, TokenLayout((CLASS_TOKEN,), 2, 3)))
    assert heat.shape == (2, 3, 2, 3)
    assert_close(heat[1, 2, 1, 0], weights[1, 2, 0, 4])
    assert_close(heat.sum((-2, -1)), 1 - weights[:, :, 0, 0])


def test_the_class_token_is_found_among_other_prefix_tokens():
    weights = torch.rand(1, 2, 8, 8)
    for prefix, place in (
        ((CLASS_TOKEN, "distillation token"), 0),
        (("register 1", CLASS_TOKEN), 1),
    ):
        heat = class_token_map(AttentionMap("layer", weights, TokenLayout(prefix, 2, 3)))
        assert_close(heat.flatten(2), weights[:, :, place, 2:])


@pytest.mark.parametrize(
    ("prefix", "words"),
    [((), "no class token, but nothing"), (("register 1", "register 2"), "but register 1, reg")],
)
def test_class_token_map_needs_a_class_token(prefix, words):
    layout = TokenLayout(prefix, 2, 3)
    tokens = layout.num_tokens
    with pytest.raises(ValueError, match=words):
        class_token_map(AttentionMap("layer", torch.ones(1, 1, tokens, tokens), layout))


@pytest.mark.parametrize("leftover", [(2, 0), (0, 12), (-4, -4)])
def test_no_map_where_the_patches_do_not_tile_the_image(leftover):
    layout = TokenLayout((CLASS_TOKEN,), 2, 3, leftover=leftover)
    recorded = AttentionMap("layer", torch.ones(1, 1, 7, 7), layout)
    for reading in (
        lambda: class_token_map(recorded),
        lambda: query_map(recorded, 0, 0),
        lambda: from_class_token(torch.ones(1, 7, 7), layout),
    ):
        with pytest.raises(ValueError, match=r"2x3 patches do not tile .* crop or pad images"):
            reading()


@given(st.integers(3, 12), st.integers(2, 9))
def test_principal_components_are_those_of_scikit_learn(filters, pixels):
    values = torch.randn(filters, pixels, generator=torch.Generator().manual_seed(filters))
    count = min(filters - 1, pixels)
    components, shares = principal_components(values, count)
    reference = PCA(count).fit(values.double().numpy())
    cosines = (components.double() @ torch.tensor(reference.components_).T).diagonal().abs()
    assert_close(cosines, torch.ones(count, dtype=torch.double), atol=1e-4, rtol=0)
    assert_close(
        shares.double(), torch.tensor(reference.explained_variance_ratio_), atol=1e-5, rtol=0
    )


def test_principal_components_refuse_more_than_there_are():
    with pytest.raises(ValueError, match=r"5 components of filters of shape \(4, 9\)"):
        principal_components(torch.rand(4, 9), 5)


def test_position_similarity_of_known_vectors():
    positions = torch.tensor([[9.0, 9.0], [1.0, 0.0], [0.0, 2.0], [-3.0, 0.0], [1.0, 1.0]])
    similarity = position_similarity(positions, prefix=1, rows=2, columns=2)
    assert similarity.shape == (4, 2, 2)
    assert_close(similarity[0], torch.tensor([[1.0, 0.0], [-1.0, 0.5**0.5]]))


def test_position_similarity_checks_the_count():
    with pytest.raises(ValueError, match=r"1 \+ 2 \* 2 = 5"):
        position_similarity(torch.rand(4, 3), prefix=1, rows=2, columns=2)


def test_principal_components_are_computed_in_double_whatever_comes_in():
    rough = torch.rand(20, 6, generator=torch.Generator().manual_seed(0)).add(64).half()
    components, shares = principal_components(rough, 3)
    exact, exact_shares = principal_components(rough.double(), 3)
    assert components.dtype == shares.dtype == torch.half
    assert_close(components, exact.half())
    assert_close(shares, exact_shares.half())
