"""Attention with one query: equal to the paper's formula and to torch's, blind to padding."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.testing import assert_close

from companion.inspection import record_attention
from companion.parts.attention.additive import (
    AdditiveAttention,
    DotProductAttention,
    masked_softmax,
)

BOTH = pytest.mark.parametrize("kind", [AdditiveAttention, DotProductAttention])


def example(kind, b=3, k=5):
    torch.manual_seed(0)
    attention = kind(query_dim=6, value_dim=8, dim=4)
    return attention, torch.randn(b, 6), torch.randn(b, k, 8)


def test_additive_is_the_formula_of_the_paper():
    attention, query, values = example(AdditiveAttention)
    context = attention(query, attention.remember(values))
    w, u, v = attention.query, attention.key.weight, attention.score.weight[0]
    for b in range(3):
        energies = []
        for j in range(5):
            inner = w.weight @ query[b] + w.bias + u @ values[b, j]
            energies.append(sum(v[i] * math.tanh(inner[i].item()) for i in range(4)).item())
        exps = [math.exp(energy) for energy in energies]
        expected = sum(e / sum(exps) * values[b, j] for j, e in enumerate(exps))
        assert_close(context[b], expected)


def test_dot_product_is_that_of_torch():
    attention, query, values = example(DotProductAttention)
    real = torch.tensor([[True] * 5, [True] * 3 + [False] * 2, [False] + [True] * 4])
    context = attention(query, attention.remember(values, real))
    expected = F.scaled_dot_product_attention(
        attention.query(query)[:, None], attention.key(values), values, attn_mask=real[:, None]
    )
    assert_close(context, expected[:, 0])


@BOTH
def test_padding_changes_nothing(kind):
    attention, query, values = example(kind)
    real = torch.arange(5) < torch.tensor([[5], [3], [1]])
    context = attention(query, attention.remember(values, real))
    changed = values.masked_fill(~real[..., None], 1e3)
    assert torch.equal(context, attention(query, attention.remember(changed, real)))
    for b, length in enumerate((5, 3, 1)):
        alone = attention(query[b : b + 1], attention.remember(values[b : b + 1, :length]))
        assert_close(context[b : b + 1], alone)


@BOTH
def test_where_there_is_nothing_to_look_at_the_context_is_zero(kind):
    attention, query, values = example(kind)
    values.requires_grad_()
    context = attention(query, attention.remember(values, torch.zeros(3, 5, dtype=torch.bool)))
    assert torch.equal(context, torch.zeros(3, 8))
    context.sum().backward()
    assert values.grad.isfinite().all()


@BOTH
def test_the_weights_pass_the_tap_and_can_be_replaced(kind):
    attention, query, values = example(kind)
    memory = attention.remember(values)
    with record_attention(attention) as maps:
        context = attention(query, memory)
    assert maps[0].weights.shape == (3, 1, 1, 5)
    assert_close(maps[0].weights.sum(-1), torch.ones(3, 1, 1))
    assert_close(context, (maps[0].weights[:, 0] @ values)[:, 0])

    def first_only(tap: object, given: object, weights: Tensor) -> Tensor:
        return torch.zeros_like(weights).index_fill(-1, torch.tensor([0]), 1.0)

    handle = attention.tap.register_forward_hook(first_only)
    assert_close(attention(query, memory), values[:, 0])
    handle.remove()
    assert_close(attention(query, memory), context)


@BOTH
def test_order_does_not_matter_and_the_query_does(kind):
    attention, query, values = example(kind)
    context = attention(query, attention.remember(values))
    assert_close(attention(query, attention.remember(values.flip(1))), context)
    assert not torch.allclose(attention(query.flip(0), attention.remember(values)), context)


@BOTH
@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_half_precision_masks_without_nan(kind, half):
    attention, query, values = example(kind)
    attention, real = attention.to(half), torch.arange(5) < torch.tensor([[5], [2], [0]])
    context = attention(query.to(half), attention.remember(values.to(half), real))
    assert context.isfinite().all()
    assert context.dtype == half


def test_masked_softmax():
    scores = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    real = torch.tensor([[True, True, False], [False, False, False]])
    weights = masked_softmax(scores, real)
    assert_close(weights[0], torch.tensor([1 / (1 + math.e), math.e / (1 + math.e), 0.0]))
    assert torch.equal(weights[1], torch.zeros(3))


@BOTH
def test_invalid_arguments(kind):
    with pytest.raises(ValueError, match="dim=0"):
        kind(query_dim=6, value_dim=8, dim=0)
    attention, _, values = example(kind)
    memory = attention.remember(values)
    with pytest.raises(ValueError, match=r"\(3, 7\): expected \(batch, 6\)"):
        attention(torch.randn(3, 7), memory)
    with pytest.raises(ValueError, match=r"\(3, 5, 9\): expected \(batch, keys, 8\)"):
        attention.remember(torch.randn(3, 5, 9))
    with pytest.raises(ValueError, match=r"real is torch.float32"):
        attention.remember(values, torch.ones(3, 5))
    with pytest.raises(ValueError, match=r"shape \(3, 4\): expected booleans"):
        attention.remember(values, torch.ones(3, 4).bool())
