"""Attention with weights from a table equals attention that was told to use them."""

import pytest
import torch
from einops import repeat
from torch import nn
from torch.testing import assert_close

from companion.inspection import change_attention, record_attention
from companion.parts import (
    ContentFreeAttention,
    EvenWeights,
    FrozenWeights,
    LearnedWeights,
    MultiHeadAttention,
)

KINDS = [EvenWeights, LearnedWeights, FrozenWeights]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_attention_with_the_weights_replaced(kind):
    torch.manual_seed(0)
    attention, tokens = MultiHeadAttention(8, heads=2), torch.randn(3, 5, 8)
    ours = ContentFreeAttention(8, weights=kind(5, heads=2))
    ours.values.weight.data = attention.qkv.weight[16:].clone()
    ours.values.bias.data = attention.qkv.bias[16:].clone()
    ours.output = attention.output
    given = repeat(ours.weights(), "h q k -> b h q k", b=3)
    whole = nn.Sequential(attention)
    with change_attention(whole, {"0": lambda _: given}):
        assert_close(ours(tokens), whole(tokens))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_sum_to_one_and_can_be_recorded(kind):
    model = nn.Sequential(ContentFreeAttention(8, weights=kind(5, heads=2)))
    with record_attention(model) as maps:
        model(torch.randn(3, 5, 8))
        model(torch.randn(3, 5, 8))
    assert maps[0].weights.shape == (3, 2, 5, 5)
    assert_close(maps[0].weights.sum(dim=-1), torch.ones(3, 2, 5))
    assert_close(maps[0].weights, maps[1].weights)  # whatever the tokens hold


def test_who_learns_and_who_does_not():
    learned = {kind: len(list(kind(5, heads=2).parameters())) for kind in KINDS}
    assert learned == {EvenWeights: 0, LearnedWeights: 1, FrozenWeights: 0}
    assert (EvenWeights(5)() == 0.2).all()
    model = ContentFreeAttention(8, weights=LearnedWeights(5, heads=2))
    model(torch.randn(3, 5, 8)).square().sum().backward()
    assert model.weights.scores.grad.abs().sum() > 0


def test_frozen_weights_are_kept_with_the_model():
    kept = FrozenWeights(4, heads=1).state_dict()
    other = FrozenWeights(4, heads=1)
    other.load_state_dict(kept)
    assert_close(other(), kept["scores"].softmax(dim=-1))


def test_what_does_not_fit_is_refused():
    layer = ContentFreeAttention(8, weights=EvenWeights(5, heads=2))
    with pytest.raises(ValueError, match=r"this layer takes \(batch, tokens, 8\)"):
        layer(torch.rand(2, 5, 7))
    with pytest.raises(ValueError, match=r"this layer takes \(batch, 5, dim\)"):
        layer(torch.rand(2, 6, 8))
    with pytest.raises(ValueError, match="dim=8 is not divisible by heads=3"):
        ContentFreeAttention(8, weights=EvenWeights(5, heads=3))
    with pytest.raises(ValueError, match="num_tokens=0"):
        EvenWeights(0)
