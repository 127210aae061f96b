"""The text encoder: published sizes, masks, and what it refuses. Its equality: tests/pretrained."""

import dataclasses

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.inspection import record_attention
from companion.models import TextClassifier, TextEncoder, TextSizes, mean_of_tokens

SMALL = TextSizes(vocabulary=30, dim=24, depth=2, heads=3, hidden_dim=40, max_length=10, segments=2)
BERT_BASE = TextSizes(
    vocabulary=30_522,
    dim=768,
    depth=12,
    heads=12,
    hidden_dim=3072,
    max_length=512,
    segments=2,
)


@pytest.fixture
def encoder() -> TextEncoder:
    torch.manual_seed(0)
    model = TextEncoder(SMALL)
    for parameter in model.parameters():  # what starts at zero or one would hide mistakes
        nn.init.normal_(parameter, std=0.3)
    return model.eval()


@pytest.fixture
def ids() -> Tensor:
    return torch.randint(1, 30, (2, 8), generator=torch.Generator().manual_seed(1))


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_parameters_are_as_many_as_published():
    # transformers' BertModel has 109,482,240 with its pooler, which is our head's first layer.
    with torch.device("meta"):
        bert = TextClassifier(TextEncoder(BERT_BASE), num_classes=2)
        distilbert = TextEncoder(dataclasses.replace(BERT_BASE, depth=6, segments=0))
    assert count(bert) - count(bert.output) == 109_482_240
    assert count(distilbert) == 66_362_880


def test_padding_changes_nothing_where_it_is_masked_and_something_where_not(encoder, ids):
    short = encoder(ids[:, :5])
    mask = torch.ones_like(ids)
    mask[:, 5:] = 0
    assert_close(encoder(ids, mask)[:, :5], short)
    assert_close(encoder(ids, mask.bool())[:, :5], short)
    assert (encoder(ids)[:, :5] - short).abs().max() > 0.01


def test_a_padded_token_is_given_no_weight(encoder, ids):
    mask = torch.ones_like(ids)
    mask[0, 5:] = 0
    with record_attention(encoder) as maps:
        encoder(ids, mask)
    assert [m.layer for m in maps] == ["layers.0.token_mixer", "layers.1.token_mixer"]
    assert maps[0].weights.shape == (2, 3, 8, 8)
    for recorded in maps:
        assert recorded.weights[0, :, :, 5:].abs().max() == 0
        assert recorded.weights[1].min() > 0
        assert recorded.layout is None


def test_order_and_segments_count(encoder, ids):
    assert not torch.allclose(encoder(ids.flip(1)).flip(1), encoder(ids), atol=0.01)
    first = torch.zeros_like(ids)
    second = first.clone()
    second[:, 4:] = 1
    assert torch.equal(encoder(ids, token_type_ids=first), encoder(ids))
    assert not torch.allclose(encoder(ids, token_type_ids=second), encoder(ids), atol=0.01)


def test_every_token_sees_every_other(encoder, ids):
    changed = ids.clone()
    changed[0, 7] = (changed[0, 7] + 1) % 30
    moved = (encoder(changed) - encoder(ids)).abs().amax(-1)
    assert moved[0].min() > 1e-4
    assert moved[1].max() == 0


def test_what_cannot_be_read_is_refused(encoder, ids):
    with pytest.raises(ValueError, match=r"11 tokens, but this encoder knows 10 places: .*truncat"):
        encoder(torch.ones(1, 11, dtype=torch.long))
    for wrong in (ids.float(), ids[0], ids.bool()):
        with pytest.raises(ValueError, match="expected whole numbers"):
            encoder(wrong)
    with pytest.raises(ValueError, match=r"key_padding_mask .*expected booleans of shape \(2, 8\)"):
        encoder(ids, torch.ones(2, 7))
    without = TextEncoder(dataclasses.replace(SMALL, segments=0))
    without(ids)
    with pytest.raises(ValueError, match=r"without segments: .*model_input_names"):
        without(ids, token_type_ids=ids)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"heads": 5}, "dim=24 is not divisible by heads=5"),
        ({"depth": 0}, "depth=0"),
        ({"vocabulary": -1, "hidden_dim": 0}, "vocabulary=-1, hidden_dim=0"),
        ({"max_length": 0}, "max_length=0"),
        ({"segments": -1}, "segments=-1"),
        ({"norm_eps": 0.0}, r"norm_eps=0\.0"),
    ],
)
def test_sizes_that_make_no_encoder_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        dataclasses.replace(SMALL, **changes)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_classifier_learns_one_batch(activation):
    torch.manual_seed(0)
    texts, labels = torch.randint(0, 30, (6, 8)), torch.arange(6) % 3
    model = TextClassifier(TextEncoder(SMALL, dropout=0), num_classes=3, activation=activation)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(60):
        loss = F.cross_entropy(model(texts), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.05


def test_dropout_is_on_in_training_alone(encoder, ids):
    assert torch.equal(encoder(ids), encoder(ids))
    encoder.train()
    assert not torch.equal(encoder(ids), encoder(ids))
    with pytest.raises(ValueError, match="dropout=1"):
        TextEncoder(SMALL, dropout=1.0)


def test_a_head_of_another_kind_is_refused(encoder):
    with pytest.raises(ValueError, match="activation='gelu': give 'tanh'"):
        TextClassifier(encoder, num_classes=2, activation="gelu")
    with pytest.raises(ValueError, match="num_classes=0"):
        TextClassifier(encoder, num_classes=0)


def test_the_mean_leaves_padding_out():
    tokens = torch.tensor([[[2.0], [4.0], [90.0]], [[1.0], [2.0], [3.0]], [[7.0], [8.0], [9.0]]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1], [0, 0, 0]])
    assert mean_of_tokens(tokens, mask).tolist() == [[3.0], [2.0], [0.0]]
