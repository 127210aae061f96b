"""Masked attention is pinned to torch's own, on both of its paths; who sees nothing gets zeros."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.parts import AttentionTap, CrossAttention, MultiHeadAttention, causal_mask, key_mask
from companion.parts.attention.masks import check_padding_at_end
from companion.parts.attention.multi_head import attend
from companion.parts.attention.weights import attention_weights, masked_softmax

BATCH, QUERIES, KEYS, DIM, HEADS = 3, 5, 6, 24, 4
PADDING = torch.arange(KEYS) >= torch.tensor([[6], [2], [4]])


def twin_of_self(ours: MultiHeadAttention) -> nn.MultiheadAttention:
    twin = nn.MultiheadAttention(ours.dim, ours.heads, batch_first=True)
    with torch.no_grad():
        twin.in_proj_weight.copy_(ours.qkv.weight)
        twin.in_proj_bias.copy_(ours.qkv.bias)
        twin.out_proj.load_state_dict(ours.output.state_dict())
    return twin


def twin_of_cross(ours: CrossAttention) -> nn.MultiheadAttention:
    twin = nn.MultiheadAttention(ours.dim, ours.heads, batch_first=True)
    with torch.no_grad():
        twin.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key_value.weight]))
        twin.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key_value.bias]))
        twin.out_proj.load_state_dict(ours.output.state_dict())
    return twin


def random_mask(*shape: int) -> torch.Tensor:
    mask = torch.rand(shape, generator=torch.Generator().manual_seed(4)) < 0.5
    mask[..., 0] = True  # torch gives nan to a query that sees nothing
    return mask


# Ours, and what torch calls the same thing: its boolean attn_mask says who may NOT be attended to.
SELF_MASKS = {
    "none": (None, {}),
    "causal": (causal_mask(KEYS), {"attn_mask": ~causal_mask(KEYS)}),
    "padding": (key_mask(PADDING), {"key_padding_mask": PADDING}),
    "both": (
        causal_mask(KEYS) & key_mask(PADDING),
        {"attn_mask": ~causal_mask(KEYS), "key_padding_mask": PADDING},
    ),
    "any": (
        random_mask(BATCH, HEADS, KEYS, KEYS),
        {"attn_mask": ~random_mask(BATCH, HEADS, KEYS, KEYS).flatten(0, 1)},
    ),
}


def listen(layer, listening: bool) -> list[torch.Tensor]:
    seen: list[torch.Tensor] = []
    if listening:
        layer.tap.register_forward_hook(lambda *hook: seen.append(hook[-1]))
    return seen


@pytest.mark.parametrize("name", SELF_MASKS)
@pytest.mark.parametrize("listening", [False, True], ids=["fused", "recorded"])
def test_self_attention_equals_torch(name, listening):
    torch.manual_seed(0)
    attn_mask, theirs = SELF_MASKS[name]
    ours = MultiHeadAttention(DIM, heads=HEADS)
    seen = listen(ours, listening)
    tokens = torch.randn(BATCH, KEYS, DIM)
    expected, weights = twin_of_self(ours)(
        tokens, tokens, tokens, average_attn_weights=False, **theirs
    )
    assert_close(ours(tokens, attn_mask), expected, atol=1e-6, rtol=1e-5)
    assert len(seen) == listening
    if listening:
        assert_close(seen[0], weights, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("listening", [False, True], ids=["fused", "recorded"])
@pytest.mark.parametrize("masked", [False, True])
def test_cross_attention_equals_torch(listening, masked):
    torch.manual_seed(1)
    ours = CrossAttention(DIM, heads=HEADS)
    seen = listen(ours, listening)
    tokens, memory = torch.randn(BATCH, QUERIES, DIM), torch.randn(BATCH, KEYS, DIM)
    attn_mask = key_mask(PADDING) if masked else None
    expected, weights = twin_of_cross(ours)(
        tokens,
        memory,
        memory,
        key_padding_mask=PADDING if masked else None,
        average_attn_weights=False,
    )
    assert_close(ours(tokens, memory, attn_mask), expected, atol=1e-6, rtol=1e-5)
    if listening:
        assert_close(seen[0], weights, atol=1e-6, rtol=1e-5)
        assert seen[0].shape == (BATCH, HEADS, QUERIES, KEYS)


@pytest.mark.parametrize("listening", [False, True], ids=["fused", "recorded"])
def test_attend_equals_torch_scaled_dot_product_attention(listening):
    q = torch.randn(BATCH, HEADS, QUERIES, 8)
    k, v = torch.randn(2, BATCH, HEADS, KEYS, 8)
    tap = AttentionTap()
    if listening:
        tap.register_forward_hook(lambda *_: None)
    for mask in (None, random_mask(QUERIES, KEYS), random_mask(BATCH, 1, QUERIES, KEYS)):
        expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        got = attend(tap, q, k, v, mask)
        assert_close(got, expected.transpose(1, 2).flatten(2), atol=1e-6, rtol=1e-5)


BLIND = torch.ones(BATCH, HEADS, QUERIES, KEYS, dtype=torch.bool)
BLIND[0, :, 1] = False  # one query of one example, in all heads
BLIND[1, 2] = False  # all queries of one head
BLIND[2] = False  # a whole example


@pytest.mark.parametrize("listening", [False, True], ids=["fused", "recorded"])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_who_attn_mask_at_nothing_gets_zeros(listening, scale):
    q = (torch.randn(BATCH, HEADS, QUERIES, 8) * scale).requires_grad_()
    k = (torch.randn(BATCH, HEADS, KEYS, 8) * scale).requires_grad_()
    v = torch.randn(BATCH, HEADS, KEYS, 8, requires_grad=True)
    tap = AttentionTap()
    if listening:
        tap.register_forward_hook(lambda *_: None)
    with torch.autograd.set_detect_anomaly(True):  # no nan on the way either
        mixed = attend(tap, q, k, v, BLIND)
        gradients = torch.autograd.grad(mixed.square().sum(), [q, k, v])
    by_head = mixed.unflatten(2, (HEADS, 8)).transpose(1, 2)
    blind = ~BLIND.any(dim=-1)
    assert (by_head[blind] == 0).all()
    assert (by_head[~blind] != 0).any(dim=-1).all()
    for gradient in gradients:
        assert gradient.isfinite().all()
        assert (gradient[2] == 0).all()
        assert scale > 1 or (gradient[0] != 0).any()  # large scores saturate the softmax


def test_the_two_paths_agree_in_gradients_under_a_mask_that_blinds():
    torch.manual_seed(2)
    layer = MultiHeadAttention(DIM, heads=HEADS).double()
    tokens = torch.randn(BATCH, KEYS, DIM, dtype=torch.double, requires_grad=True)
    mask = random_mask(BATCH, 1, KEYS, KEYS)
    mask[1, :, 3] = False

    def run() -> list[torch.Tensor]:
        output = layer(tokens, mask)
        return [output, *torch.autograd.grad(output.square().sum(), [tokens, *layer.parameters()])]

    fused = run()
    layer.tap.register_forward_hook(lambda *_: None)
    assert_close(run(), fused, atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("listening", [False, True], ids=["fused", "recorded"])
def test_the_future_cannot_leak(listening):
    torch.manual_seed(3)
    layer = MultiHeadAttention(DIM, heads=HEADS)
    listen(layer, listening)
    tokens = torch.randn(2, 70, DIM)
    edited = tokens.clone()
    edited[:, 40:] = torch.randn(2, 30, DIM) * 100
    before, after = layer(tokens, causal_mask(70)), layer(edited, causal_mask(70))
    assert torch.equal(after[:, :40], before[:, :40])
    assert not torch.allclose(after[:, 40:], before[:, 40:])
    assert not torch.allclose(layer(edited)[:, :40], layer(tokens)[:, :40])


def test_a_mask_of_true_changes_nothing():
    layer = MultiHeadAttention(DIM, heads=HEADS)
    tokens = torch.randn(2, 5, DIM)
    assert_close(layer(tokens, torch.ones(5, 5, dtype=torch.bool)), layer(tokens))


def test_extending_gives_the_last_token_of_the_whole():
    torch.manual_seed(5)
    layer = MultiHeadAttention(DIM, heads=HEADS)
    tokens = torch.randn(2, 6, DIM)
    whole = layer(tokens, causal_mask(6))
    _, kept = layer.extend(tokens[:, :1], layer_with_nothing(layer, 2))
    for place in range(1, 6):
        last, kept = layer.extend(tokens[:, place : place + 1], kept)
        assert_close(last[:, 0], whole[:, place])
    assert kept.keys.shape == (2, HEADS, 6, DIM // HEADS)


def layer_with_nothing(layer, batch):
    from companion.parts import KeysValues

    nothing = torch.zeros(batch, layer.heads, 0, layer.dim // layer.heads)
    return KeysValues(nothing, nothing)


def test_rows_sum_to_one_or_to_zero():
    q = torch.randn(BATCH, HEADS, QUERIES, 8)
    k = torch.randn(BATCH, HEADS, KEYS, 8)
    rows = attention_weights(q, k, BLIND).sum(dim=-1)
    assert_close(rows, BLIND.any(dim=-1).float())


def test_causal_mask_is_the_lower_triangle():
    assert causal_mask(3).tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    with pytest.raises(ValueError, match="num_tokens=0"):
        causal_mask(0)


@pytest.mark.parametrize(
    ("padding", "words"),
    [
        (torch.ones(2, 3), "torch.float32 .* True at padding"),
        (torch.ones(3, dtype=torch.bool), r"shape \(3,\): give \(batch, keys\)"),
        (torch.ones(1, 1, 2, 3).bool(), r"give \(batch, keys\), True at padding"),
    ],
)
def test_key_mask_refuses_what_is_no_table_of_booleans(padding, words):
    with pytest.raises(ValueError, match=words):
        key_mask(padding)


def test_padding_is_at_the_end_or_refused_by_row():
    check_padding_at_end(PADDING)
    check_padding_at_end(torch.ones(2, 3).bool())
    rows = torch.tensor([[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 1, 0]]).bool()
    with pytest.raises(ValueError, match=r"rows \[1, 3\] have padding before a token: pad at the"):
        check_padding_at_end(rows)


def test_masked_softmax():
    scores = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    attn_mask = torch.tensor([[True, True, False], [False, False, False]])
    weights = masked_softmax(scores, attn_mask)
    assert_close(weights[0], torch.tensor([1 / (1 + math.e), math.e / (1 + math.e), 0.0]))
    assert torch.equal(weights[1], torch.zeros(3))


@pytest.mark.parametrize("masked", [False, True])
def test_masked_softmax_keeps_small_weights_of_half_precision_scores(masked):
    scores = torch.tensor([[0.0, -18.0]], dtype=torch.half)
    weights = masked_softmax(scores, torch.ones(1, 2).bool() if masked else None)
    assert weights.dtype == torch.float
    assert weights[0, 1].item() == pytest.approx(math.exp(-18), rel=1e-5)


# Scaled scores of up to 26,000 and 830,000: half precision ends at 65,504.
@pytest.mark.parametrize("size", [1.0, 8.0, 53.0, 300.0])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_recorded_half_precision_is_finite_and_close_to_the_fused_kernel(half, masked, size):
    torch.manual_seed(0)
    q = (size * torch.randn(2, 3, QUERIES, 64).sign() + torch.randn(2, 3, QUERIES, 64)).to(half)
    k = (size * torch.randn(2, 3, KEYS, 64).sign() + torch.randn(2, 3, KEYS, 64)).to(half)
    q[:, :, 0], k[:, :, 0] = size, size
    v = torch.randn(2, 3, KEYS, 64).to(half)
    mask = random_mask(QUERIES, KEYS) if masked else None
    seen, tap = [], AttentionTap()
    fused = attend(tap, q, k, v, mask)
    tap.register_forward_hook(lambda *hook: seen.append(hook[-1]))
    recorded = attend(tap, q, k, v, mask)
    assert fused.isfinite().all()
    assert seen[0].dtype == recorded.dtype == half
    assert seen[0].isfinite().all()
    assert_close(recorded, fused, atol=3 * torch.finfo(half).eps, rtol=0.02)


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_recorded_mixed_precision_is_finite_too(half):
    layer, tokens = MultiHeadAttention(16, heads=1), torch.full((1, 4, 16), 100.0)
    nn.init.constant_(layer.qkv.weight, 1.0)
    seen = listen(layer, listening=True)
    with torch.autocast("cpu", dtype=half):
        layer(tokens)
    assert seen[0].dtype == half
    assert_close(seen[0].float(), torch.full((1, 1, 4, 4), 0.25))


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (torch.zeros(5, 5), "attn_mask is torch.float32"),
        (torch.ones(5, 4).bool(), r"mask of shape \(5, 4\) does not fit.*\(2, 4, 5, 5\)"),
        (torch.ones(2, 5, 5).bool(), r"mask of shape \(2, 5, 5\)"),
        (torch.ones(3, 1, 5, 5).bool(), r"mask of shape \(3, 1, 5, 5\)"),
        (torch.ones(2, 5).bool(), "key_mask makes one"),
    ],
)
def test_masks_that_do_not_fit_are_refused(mask, words):
    with pytest.raises(ValueError, match=words):
        MultiHeadAttention(DIM, heads=HEADS)(torch.zeros(2, 5, DIM), mask)


@pytest.mark.parametrize(("tokens", "memory"), [((2, 5, 7), (2, 6, 8)), ((2, 5, 8), (2, 6, 9))])
def test_cross_attention_refuses_other_shapes(tokens, memory):
    with pytest.raises(ValueError, match=r"takes \(batch, tokens, 8\)"):
        CrossAttention(8, heads=2)(torch.zeros(tokens), torch.zeros(memory))


def test_cross_attention_refuses_heads_that_do_not_share_dim():
    with pytest.raises(ValueError, match="dim=10 is not divisible by heads=3"):
        CrossAttention(10, heads=3)
