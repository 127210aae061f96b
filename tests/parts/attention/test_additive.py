"""Attention with one query: an example worked out, equal to torch's, blind to padding."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.testing import assert_close

from companion.inspection import record_attention
from companion.parts.attention.additive import AdditiveAttention, DotProductAttention

BOTH = pytest.mark.parametrize("kind", [AdditiveAttention, DotProductAttention])


def example(kind, b=3, k=5):
    torch.manual_seed(0)
    attention = kind(query_dim=6, value_dim=8, dim=4)
    return attention, torch.randn(b, 6), torch.randn(b, k, 8)


def test_additive_attention_of_an_example_worked_out():
    attention = AdditiveAttention(query_dim=1, value_dim=1, dim=2)
    with torch.no_grad():
        # One hidden unit hears query and key, the other the query alone, which changes no weight.
        attention.query.weight[:] = torch.tensor([[1.0], [5.0]])
        attention.query.bias[:] = torch.tensor([-2.0, 0.0])
        attention.key.weight[:] = torch.tensor([[1.0], [0.0]])
        attention.score.weight[:] = torch.tensor([[math.log(3) / math.tanh(1), 7.0]])
    values = torch.tensor([[[0.0], [1.0], [-1.0]]])
    # With query 2 the scores are 0, ln 3 and -ln 3, so weights as 1, 3 and 1/3.
    context = attention(torch.tensor([[2.0]]), attention.encode(values))
    assert_close(context, torch.tensor([[(3 - 1 / 3) / (1 + 3 + 1 / 3)]]))
    # With query 3 those of the first two are ln 3 and ln 3 * tanh(2) / tanh(1).
    later = math.log(3) * math.tanh(2) / math.tanh(1)
    context = attention(torch.tensor([[3.0]]), attention.encode(values[:, :2]))
    assert_close(context, torch.tensor([[math.exp(later) / (3 + math.exp(later))]]))


def test_dot_product_is_that_of_torch():
    attention, query, values = example(DotProductAttention)
    attn_mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2, [False] + [True] * 4])
    context = attention(query, attention.encode(values, ~attn_mask))
    expected = F.scaled_dot_product_attention(
        attention.query(query)[:, None], attention.key(values), values, attn_mask=attn_mask[:, None]
    )
    assert_close(context, expected[:, 0])


@BOTH
def test_padding_changes_nothing(kind):
    attention, query, values = example(kind)
    padding = torch.arange(5) >= torch.tensor([[5], [3], [1]])
    context = attention(query, attention.encode(values, padding))
    changed = values.masked_fill(padding[..., None], 1e3)
    assert torch.equal(context, attention(query, attention.encode(changed, padding)))
    for b, length in enumerate((5, 3, 1)):
        alone = attention(query[b : b + 1], attention.encode(values[b : b + 1, :length]))
        assert_close(context[b : b + 1], alone)


@BOTH
def test_where_there_is_nothing_to_look_at_the_context_is_zero(kind):
    attention, query, values = example(kind)
    values.requires_grad_()
    context = attention(query, attention.encode(values, torch.ones(3, 5, dtype=torch.bool)))
    assert torch.equal(context, torch.zeros(3, 8))
    context.sum().backward()
    assert values.grad.isfinite().all()


@BOTH
def test_the_weights_pass_the_tap_and_can_be_replaced(kind):
    attention, query, values = example(kind)
    memory = attention.encode(values)
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
    context = attention(query, attention.encode(values))
    assert_close(attention(query, attention.encode(values.flip(1))), context)
    assert not torch.allclose(attention(query.flip(0), attention.encode(values)), context)


@BOTH
@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_half_precision_masks_without_nan(kind, half):
    attention, query, values = example(kind)
    attention, padding = attention.to(half), torch.arange(5) >= torch.tensor([[5], [2], [0]])
    context = attention(query.to(half), attention.encode(values.to(half), padding))
    assert context.isfinite().all()
    assert context.dtype == half


def test_a_dot_product_beyond_half_precision_is_finite():
    attention = DotProductAttention(query_dim=16, value_dim=16, dim=16).half()
    with torch.no_grad():
        for layer in (attention.query, attention.key):
            layer.weight[:] = torch.eye(16)
        attention.query.bias[:] = 0
    query = torch.full((1, 16), 300.0, dtype=torch.half)  # 16 * 300^2 / 4 = 360,000
    values = torch.stack([query, query, -query], dim=1)
    assert_close(attention(query, attention.encode(values)), query)


@BOTH
def test_invalid_arguments(kind):
    with pytest.raises(ValueError, match="dim=0"):
        kind(query_dim=6, value_dim=8, dim=0)
    attention, _, values = example(kind)
    memory = attention.encode(values)
    with pytest.raises(ValueError, match=r"\(3, 7\): expected \(batch, 6\)"):
        attention(torch.randn(3, 7), memory)
    with pytest.raises(ValueError, match=r"\(3, 5, 9\): expected \(batch, keys, 8\)"):
        attention.encode(torch.randn(3, 5, 9))
    with pytest.raises(ValueError, match=r"key_padding_mask is torch.float32"):
        attention.encode(values, torch.ones(3, 5))
    with pytest.raises(ValueError, match=r"shape \(3, 4\): expected booleans"):
        attention.encode(values, torch.ones(3, 4).bool())
