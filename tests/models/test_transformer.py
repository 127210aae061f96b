"""The Transformer's layers are pinned to torch's; decoding step by step to the whole pass."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.models import Transformer
from companion.models.decoding import beam_search, greedy
from companion.parts import causal_mask, key_mask
from companion.parts.layers import DecoderLayer, EncoderLayer

DIM, HEADS, HIDDEN = 24, 4, 40
PADDING = torch.arange(6) >= torch.tensor([[6], [2], [4]])


def copy_self_attention(ours, theirs):
    theirs.in_proj_weight.copy_(ours.qkv.weight)
    theirs.in_proj_bias.copy_(ours.qkv.bias)
    theirs.out_proj.load_state_dict(ours.output.state_dict())


def copy_cross_attention(ours, theirs):
    theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key_value.weight]))
    theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key_value.bias]))
    theirs.out_proj.load_state_dict(ours.output.state_dict())


def shake(layer):
    """Every parameter random, norms too, so that none can be forgotten or swapped unnoticed."""
    torch.manual_seed(0)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.4)
    return layer


def theirs_of(kind, attention, feed_forward):
    return kind(
        attention.dim,
        attention.heads,
        feed_forward.expand.out_features,
        dropout=0.0,
        activation="gelu",
        layer_norm_eps=1e-6,
        batch_first=True,
        norm_first=True,
    )


@torch.no_grad()
def torch_encoder_layer(ours: EncoderLayer) -> nn.TransformerEncoderLayer:
    theirs = theirs_of(nn.TransformerEncoderLayer, ours.token_mixer, ours.channel_mixer)
    copy_self_attention(ours.token_mixer, theirs.self_attn)
    theirs.linear1.load_state_dict(ours.channel_mixer.expand.state_dict())
    theirs.linear2.load_state_dict(ours.channel_mixer.contract.state_dict())
    theirs.norm1.load_state_dict(ours.norm1.state_dict())
    theirs.norm2.load_state_dict(ours.norm2.state_dict())
    return theirs


@torch.no_grad()
def torch_decoder_layer(ours: DecoderLayer) -> nn.TransformerDecoderLayer:
    theirs = theirs_of(nn.TransformerDecoderLayer, ours.self_attention, ours.feed_forward)
    copy_self_attention(ours.self_attention, theirs.self_attn)
    copy_cross_attention(ours.cross_attention, theirs.multihead_attn)
    theirs.linear1.load_state_dict(ours.feed_forward.expand.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.contract.state_dict())
    for name in ("norm1", "norm2", "norm3"):
        getattr(theirs, name).load_state_dict(getattr(ours, name).state_dict())
    return theirs


@pytest.mark.parametrize("masked", [False, True])
def test_encoder_layer_equals_torch(masked):
    ours = shake(EncoderLayer(DIM, heads=HEADS, hidden_dim=HIDDEN))
    tokens = torch.randn(3, 6, DIM)
    expected = torch_encoder_layer(ours)(tokens, src_key_padding_mask=PADDING if masked else None)
    got = ours(tokens, key_mask(PADDING) if masked else None)
    assert_close(got, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("masked", [False, True])
def test_decoder_layer_equals_torch(masked):
    ours = shake(DecoderLayer(DIM, heads=HEADS, hidden_dim=HIDDEN))
    tokens, memory = torch.randn(3, 5, DIM), torch.randn(3, 6, DIM)
    theirs = {"tgt_mask": ~causal_mask(5), "memory_key_padding_mask": PADDING} if masked else {}
    expected = torch_decoder_layer(ours)(tokens, memory, **theirs)
    got = ours(tokens, memory, *((causal_mask(5), key_mask(PADDING)) if masked else ()))
    assert_close(got, expected, atol=1e-5, rtol=1e-5)


def small(**changes) -> Transformer:
    torch.manual_seed(1)
    sizes = {"dim": 16, "depth": 2, "heads": 2, "max_length": 12} | changes
    return Transformer(9, 7, **sizes).eval()


SOURCE = torch.tensor([[3, 4, 5, 6, 8], [5, 3, 0, 0, 0], [4, 4, 8, 3, 0]])
TARGET = torch.tensor([[1, 3, 4, 5, 6, 2], [1, 6, 3, 3, 2, 0], [1, 5, 4, 3, 6, 6]])


def test_the_whole_equals_torch_layers_put_together():
    model = small()
    shake(model)
    memory = model.positions(model.embed_source(SOURCE))
    padding = SOURCE == 0
    for layer in model.encoder:
        memory = torch_encoder_layer(layer)(memory, src_key_padding_mask=padding)
    memory = model.encoder_norm(memory)
    tokens = model.positions(model.embed_target(TARGET))
    for layer in model.decoder:
        tokens = torch_decoder_layer(layer)(
            tokens, memory, tgt_mask=~causal_mask(6), memory_key_padding_mask=padding
        )
    expected = model.decoder_norm(tokens) @ model.embed_target.table.weight.T + model.head.bias
    assert_close(model(SOURCE, TARGET), expected, atol=1e-4, rtol=1e-4)


def test_a_step_at_a_time_gives_what_the_whole_pass_gives():
    model = small()
    logits, state = [], model.start(SOURCE)
    for place in range(TARGET.shape[1]):
        one, state = model.step(state, TARGET[:, place])
        logits.append(one)
    assert_close(torch.stack(logits, dim=1), model(SOURCE, TARGET), atol=1e-5, rtol=1e-5)


def test_the_future_cannot_leak_and_the_past_matters():
    model = small()
    edited = TARGET.clone()
    edited[:, 3] = 2
    before, after = model(SOURCE, TARGET), model(SOURCE, edited)
    assert torch.equal(after[:, :3], before[:, :3])
    assert not torch.allclose(after[:, 4:], before[:, 4:])


def test_padding_changes_nothing_and_the_source_matters():
    model = small()
    alone = model(SOURCE[1:2, :2], TARGET[1:2])
    assert_close(alone, model(SOURCE, TARGET)[1:2], atol=1e-5, rtol=1e-5)
    other = model(SOURCE.roll(1, 0), TARGET)
    assert not torch.allclose(other, model(SOURCE, TARGET))


@pytest.mark.parametrize("source", [[0, 0, 5, 6], [5, 0, 6, 0]])
def test_padding_before_a_token_is_refused(source):
    model, sources = small(), torch.tensor([[5, 6, 0, 0], source])
    for run in (lambda: model(sources, TARGET[:2]), lambda: model.start(sources)):
        with pytest.raises(ValueError, match=r"rows \[1\] have padding before a token: pad at"):
            run()


def test_a_source_of_padding_alone_gives_numbers_not_nan():
    model = small()
    logits = model(torch.zeros_like(SOURCE), TARGET)
    assert logits.isfinite().all()
    logits.sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_output_layer_and_target_embedding_are_one_matrix():
    model = small()
    assert model.head.weight is model.embed_target.table.weight
    names = [name for name, _ in model.named_parameters()]
    assert "head.weight" not in names or "embed_target.table.weight" not in names


def test_parameters_are_as_many_as_the_sizes_say():
    dim, depth, source, target = 16, 2, 9, 7
    attention, mlp, norm = 4 * dim * dim + 4 * dim, 8 * dim * dim + 5 * dim, 2 * dim
    encoder = attention + mlp + 2 * norm
    decoder = 2 * attention + mlp + 3 * norm
    wanted = (source + target) * dim + target + depth * (encoder + decoder) + 2 * norm
    assert sum(p.numel() for p in small().parameters()) == wanted


def test_overfits_one_batch_and_decodes_it():
    model = small(dim=32).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(120):
        logits = model(SOURCE, TARGET[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), TARGET[:, 1:].flatten(), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.05
    model.eval()
    with torch.no_grad():
        found = greedy(model, model.start(SOURCE), begin=1, end=2, max_length=5)
        wide = beam_search(model, model.start(SOURCE), begin=1, end=2, max_length=5, beams=3)
    assert found.tokens[:2].tolist() == [[3, 4, 5, 6, 2], [6, 3, 3, 2, 2]]
    assert torch.equal(wide.tokens, found.tokens)


def test_dropout_drops_in_training_alone():
    model = small(dropout=0.5)
    assert_close(model(SOURCE, TARGET), model(SOURCE, TARGET))
    model.train()
    assert not torch.allclose(model(SOURCE, TARGET), model(SOURCE, TARGET))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"depth": 0}, "depth=0"),
        ({"heads": 3}, "dim=16 is not divisible by heads=3"),
        ({"dim": 9, "heads": 3}, "dim=9 is odd"),
        ({"dropout": 1.0}, "dropout=1.0"),
        ({"max_length": 0}, "num_tokens=0"),
    ],
)
def test_bad_sizes_are_refused_with_the_numbers(changes, words):
    with pytest.raises(ValueError, match=words):
        small(**changes)


def test_a_sequence_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="knows 5 places"):
        small(max_length=5)(SOURCE, TARGET)
