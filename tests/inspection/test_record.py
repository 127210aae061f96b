"""Recording sees what the model did, leaves no trace, and says so when there was nothing."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from companion.inspection import NothingRecorded, record_attention
from companion.models import ViT
from companion.parts import CLASS_TOKEN, AttentionTap, PatchGrid, TokenLayout


@pytest.fixture
def vit() -> ViT:
    torch.manual_seed(0)
    return ViT(PatchGrid(8, 2, 1), dim=16, depth=3, heads=4, num_classes=5).eval()


def test_one_map_a_layer_in_order_with_rows_that_sum_to_one(vit):
    with record_attention(vit) as maps:
        vit(torch.rand(2, 1, 8, 8))
    assert [m.layer for m in maps] == [f"blocks.{i}.token_mixer" for i in range(3)]
    for recorded in maps:
        assert recorded.weights.shape == (2, 4, 17, 17)
        assert recorded.layout == TokenLayout((CLASS_TOKEN,), 4, 4)
        assert_close(recorded.weights.sum(-1), torch.ones(2, 4, 17))


def test_logits_are_the_same_while_recording_and_after(vit):
    images = torch.rand(2, 1, 8, 8)
    before = vit(images)
    with record_attention(vit):
        during = vit(images)
    assert_close(during, before)
    assert torch.equal(vit(images), before)
    assert not any(m.listening for m in vit.modules() if isinstance(m, AttentionTap))


def test_calls_pile_up_and_recordings_nest(vit):
    images = torch.rand(1, 1, 8, 8)
    with record_attention(vit) as outer:
        vit(images)
        with record_attention(vit) as inner:
            vit(images)
    assert (len(outer), len(inner)) == (6, 3)


def test_the_tap_is_restored_when_the_block_raises(vit):
    with pytest.raises(KeyError), record_attention(vit):
        raise KeyError("from inside")
    assert not any(m.listening for m in vit.modules() if isinstance(m, AttentionTap))


def test_nothing_to_record_says_why(vit):
    with (
        pytest.raises(NothingRecorded, match="Linear has no AttentionTap"),
        record_attention(nn.Linear(2, 2)),
    ):
        pass
    with (
        pytest.raises(NothingRecorded, match="call the model inside the block"),
        record_attention(vit),
    ):
        pass


def test_gradients_reach_the_recorded_weights(vit):
    with record_attention(vit) as maps:
        logits = vit(torch.rand(1, 1, 8, 8))
    (gradient,) = torch.autograd.grad(logits[0, 0], [maps[0].weights])
    assert gradient.abs().sum() > 0
