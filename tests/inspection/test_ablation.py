"""Changes of attention do what they say, in the layers they name, and leave nothing behind."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from companion.inspection import change_attention, record_attention, without_heads
from companion.models import ViT
from companion.parts import AttentionTap, PatchGrid

FIRST, SECOND = "blocks.0.token_mixer", "blocks.1.token_mixer"


@pytest.fixture
def vit() -> ViT:
    torch.manual_seed(0)
    return ViT(PatchGrid(8, 2, 1), dim=16, depth=2, heads=4, num_classes=5).eval()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(3, 1, 8, 8)


def listening(model) -> bool:
    return any(m.listening for m in model.modules() if isinstance(m, AttentionTap))


def test_a_head_switched_off_adds_nothing_to_the_output(vit, images):
    with without_heads(vit, {FIRST: [1, 3]}):
        ablated = vit(images)
    # The same by another way: the output layer does not read these heads' columns.
    with torch.no_grad():
        columns = vit.blocks[0].token_mixer.output.weight
        columns[:, 4:8] = columns[:, 12:16] = 0
    assert_close(vit(images), ablated)


def test_all_heads_off_leave_the_bias_alone(vit, images):
    tokens = torch.rand(1, 17, 16)
    layer = vit.blocks[1].token_mixer
    with without_heads(vit, {SECOND: range(4)}):
        assert_close(layer(tokens), layer.output.bias.expand(1, 17, 16))


def test_afterwards_all_is_as_before(vit, images):
    before = vit(images)
    with without_heads(vit, {FIRST: [0], SECOND: [2]}):
        during = vit(images)
    assert not torch.allclose(during, before)
    assert torch.equal(vit(images), before)
    assert not listening(vit)


@pytest.mark.parametrize(
    ("ablate", "change"), [(without_heads, [0]), (change_attention, torch.zeros_like)]
)
def test_an_error_inside_leaves_nothing_behind(vit, images, ablate, change):
    before = vit(images)

    def changed_and_broken() -> None:
        assert not torch.allclose(vit(images), before)
        raise KeyError("from inside")

    with pytest.raises(KeyError), ablate(vit, {FIRST: change}):
        changed_and_broken()
    assert not listening(vit)
    assert torch.equal(vit(images), before)


def test_an_unknown_layer_beside_a_known_one_leaves_nothing_behind(vit):
    with (
        pytest.raises(ValueError, match="no attention in elsewhere"),
        change_attention(vit, {FIRST: torch.zeros_like, "elsewhere": torch.zeros_like}),
    ):
        pass
    assert not listening(vit)


def test_recorded_inside_are_the_changed_weights_and_outside_the_original(vit, images):
    with (
        record_attention(vit) as outer,
        without_heads(vit, {SECOND: [2]}),
        record_attention(vit) as inner,
    ):
        vit(images)
    assert (inner[1].weights[:, 2] == 0).all()
    assert_close(inner[1].weights[:, 1].sum(-1), torch.ones(3, 17))
    assert_close(outer[1].weights.sum(-1), torch.ones(3, 4, 17))
    assert torch.equal(inner[0].weights, outer[0].weights)


def test_no_change_changes_nothing(vit, images):
    with change_attention(vit, {FIRST: lambda weights: weights}), without_heads(vit, {SECOND: []}):
        assert_close(vit(images), vit(images))
        during = vit(images)
    assert_close(during, vit(images))


def test_a_change_of_ones_own(vit, images):
    def evened(weights):
        return torch.full_like(weights, 1 / weights.shape[-1])

    with change_attention(vit, {FIRST: evened}), record_attention(vit) as maps:
        vit(images)
    assert_close(maps[0].weights, torch.full((3, 4, 17, 17), 1 / 17))
    assert maps[1].weights.std() > 0


def test_gradients_pass_by_the_heads_that_are_left(vit, images):
    with without_heads(vit, {FIRST: [0], SECOND: [0]}):
        vit(images).sum().backward()
    for block in vit.blocks:
        slope = block.token_mixer.qkv.weight.grad.reshape(3, 4, 4, 16)
        assert (slope[:, 0] == 0).all()
        assert (slope[2, 1] != 0).any()


def test_what_is_not_there_is_refused(vit, images):
    with (
        pytest.raises(ValueError, match=rf"no attention in blocks\.7: it has {FIRST}, {SECOND}"),
        without_heads(vit, {"blocks.7": [0]}),
    ):
        pass
    with (
        pytest.raises(ValueError, match="Linear has no attention in a: it has none at all"),
        change_attention(nn.Linear(2, 2), {"a": lambda weights: weights}),
    ):
        pass
    with (
        pytest.raises(ValueError, match=r"no heads \[4, -1\]: its heads are 0 to 3"),
        without_heads(vit, {FIRST: [4, 2, -1]}),
    ):
        vit(images)
    with (
        pytest.raises(ValueError, match=r"makes \(3, 1, 17, 17\) of weights of shape \(3, 4"),
        change_attention(vit, {FIRST: lambda weights: weights.mean(1, keepdim=True)}),
    ):
        vit(images)
    assert not listening(vit)
