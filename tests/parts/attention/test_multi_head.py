"""Attention is pinned to torch's own, on both of its paths."""

import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn
from torch.testing import assert_close

from companion.parts import AttentionTap, MultiHeadAttention
from companion.parts.attention.weights import attention_weights


def torch_twin(ours: MultiHeadAttention, dim: int) -> nn.MultiheadAttention:
    twin = nn.MultiheadAttention(dim, ours.heads, batch_first=True)
    with torch.no_grad():
        twin.in_proj_weight.copy_(ours.qkv.weight)
        twin.in_proj_bias.copy_(ours.qkv.bias)
        twin.out_proj.load_state_dict(ours.output.state_dict())
    return twin


@pytest.mark.parametrize("listening", [False, True])
def test_equals_torch_multihead_attention(listening):
    torch.manual_seed(0)
    ours = MultiHeadAttention(24, heads=4)
    tokens = torch.randn(2, 7, 24)
    seen = []
    if listening:
        ours.tap.register_forward_hook(lambda *hook: seen.append(hook[-1]))
    expected, weights = torch_twin(ours, 24)(
        tokens, tokens, tokens, need_weights=True, average_attn_weights=False
    )
    assert_close(ours(tokens), expected, atol=1e-6, rtol=1e-5)
    assert len(seen) == listening
    if listening:
        assert_close(seen[0], weights, atol=1e-6, rtol=1e-5)


def test_fused_and_explicit_paths_agree_in_outputs_and_gradients():
    torch.manual_seed(1)
    layer = MultiHeadAttention(16, heads=2).double()
    tokens = torch.randn(3, 5, 16, dtype=torch.double, requires_grad=True)

    def run() -> list[torch.Tensor]:
        output = layer(tokens)
        return [output, *torch.autograd.grad(output.square().sum(), [tokens, *layer.parameters()])]

    fused = run()
    handle = layer.tap.register_forward_hook(lambda *_: None)
    explicit = run()
    handle.remove()
    assert_close(explicit, fused, atol=1e-12, rtol=1e-9)


def test_the_tap_is_silent_unless_somebody_listens(monkeypatch):
    layer = MultiHeadAttention(8, heads=2)

    def forbidden(*_):
        raise AssertionError("weights were computed although nobody listens")

    monkeypatch.setattr("companion.parts.attention.multi_head.attention_weights", forbidden)
    layer(torch.randn(1, 4, 8))
    layer.tap.register_forward_hook(lambda *_: None)
    with pytest.raises(AssertionError, match="nobody listens"):
        layer(torch.randn(1, 4, 8))


def test_a_listener_may_switch_a_head_off():
    torch.manual_seed(2)
    layer = MultiHeadAttention(8, heads=2)
    tokens = torch.randn(1, 4, 8)
    before = layer(tokens)

    def silence_first_head(_tap, _inputs, weights):
        return weights * torch.tensor([0.0, 1.0])[:, None, None]

    layer.tap.register_forward_hook(silence_first_head)
    layer.output.weight.data[:, 4:] = 0.0  # only the first head is read
    assert_close(layer(tokens), layer.output.bias.expand(1, 4, 8))
    assert not torch.allclose(before, layer(tokens))


@given(st.integers(1, 3), st.integers(1, 6), st.integers(1, 4))
def test_rows_of_attention_sum_to_one(batch, tokens, heads):
    q, k = torch.randn(2, batch, heads, tokens, 4)
    weights = attention_weights(q * 30, k)  # large scores must not overflow
    assert weights.shape == (batch, heads, tokens, tokens)
    assert_close(weights.sum(-1), torch.ones(batch, heads, tokens))


def test_equal_keys_give_the_mean_of_the_values():
    weights = attention_weights(torch.randn(1, 1, 3, 4), torch.ones(1, 1, 5, 4))
    assert_close(weights, torch.full((1, 1, 3, 5), 0.2))


@pytest.mark.parametrize(
    ("dim", "heads", "words"),
    [
        (10, 3, "dim=10 is not divisible by heads=3"),
        (0, 1, "dim=0"),
        (8, -2, "heads=-2"),
        (8, 2.0, "heads=2.0"),
    ],
)
def test_bad_sizes_are_refused_with_the_numbers(dim, heads, words):
    with pytest.raises(ValueError, match=words):
        MultiHeadAttention(dim, heads=heads)


def test_a_tap_passes_its_input_through():
    weights = torch.rand(1, 2, 3, 3)
    assert AttentionTap()(weights) is weights


@pytest.mark.parametrize("shape", [(8,), (5, 8), (2, 5, 7), (2, 2, 5, 8)])
def test_tokens_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"tokens have shape \(.*takes \(batch, tokens, 8\)"):
        MultiHeadAttention(8, heads=2)(torch.zeros(shape))
