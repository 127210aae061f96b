"""The classifier knows what its tokens stand for, whatever stands before the patches."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from companion.inspection import class_token_map, from_class_token, record_attention, rollout
from companion.parts import (
    CLASS_TOKEN,
    ClassToken,
    ClassTokenPool,
    FeedForward,
    LearnedPositions,
    MeanPool,
    MixingBlock,
    MultiHeadAttention,
    PatchClassifier,
    PatchEmbed,
    PatchGrid,
    TokenLayout,
)

GRID, DIM = PatchGrid(8, 2, 1), 16


def classifier(prefix=(CLASS_TOKEN,), *, any_size=False, **changes):
    torch.manual_seed(0)
    given = {
        "class_token": nn.Sequential(*(ClassToken(DIM) for _ in prefix)) if prefix else None,
        "positions": LearnedPositions(len(prefix) + GRID.num_patches, DIM),
        "layout": TokenLayout(prefix, GRID.rows, GRID.columns),
        "pool": ClassTokenPool(DIM) if CLASS_TOKEN in prefix else MeanPool(DIM),
    }
    block = MixingBlock(
        DIM,
        token_mixer=MultiHeadAttention(DIM, heads=2),
        channel_mixer=FeedForward(DIM, DIM),
    )
    embed = PatchEmbed(GRID, DIM, any_size=any_size)
    return PatchClassifier(
        embed=embed, blocks=[block], head=nn.Linear(DIM, 3), **{**given, **changes}
    )


@pytest.mark.parametrize(
    "prefix", [(CLASS_TOKEN, "distillation token"), ("register 1", CLASS_TOKEN)]
)
@pytest.mark.parametrize("any_size", [False, True])
def test_two_prefix_tokens_are_recorded_by_name(prefix, any_size):
    model = classifier(prefix, any_size=any_size).eval()
    with record_attention(model) as maps:
        model(torch.rand(2, 1, 8, 8))
    assert maps[0].layout == TokenLayout(prefix, 4, 4)
    place = prefix.index(CLASS_TOKEN)
    assert_close(class_token_map(maps[0]).flatten(2), maps[0].weights[:, :, place, 2:])
    assert from_class_token(rollout(maps), maps[0].layout).shape == (2, 4, 4)


def test_registers_of_any_size_keep_their_positions():
    model = classifier((CLASS_TOKEN, "register 1"), any_size=True).eval()
    handed = []
    model.blocks.register_forward_pre_hook(lambda _, given: handed.append(given[0]))
    nn.init.zeros_(model.embed.projection.weight), nn.init.zeros_(model.embed.projection.bias)
    model(torch.rand(1, 1, 8, 8)), model(torch.rand(1, 1, 16, 4))
    assert [tokens.shape[1] for tokens in handed] == [18, 2 + 8 * 2]
    assert torch.equal(handed[0][:, :2], handed[1][:, :2])
    assert not torch.allclose(handed[0][:, 2:], handed[1][:, 2:])


def test_without_a_layout_there_is_a_class_token_or_none():
    assert classifier(layout=None).layout == TokenLayout((CLASS_TOKEN,), 4, 4)
    assert classifier((), layout=None).layout == TokenLayout((), 4, 4)


def test_another_number_of_tokens_than_the_layouts_is_refused():
    with pytest.raises(ValueError, match=r"18 tokens, but the layout has 17: .*layout=TokenLayout"):
        classifier((CLASS_TOKEN, "register 1"), layout=None)(torch.rand(1, 1, 8, 8))
    with pytest.raises(ValueError, match=r"does not fit PatchGrid\(image_size=8"):
        classifier(layout=TokenLayout((CLASS_TOKEN,), 4, 5))


def test_without_positions_any_size_needs_none():
    model = classifier((), any_size=True, positions=None)
    assert model(torch.rand(1, 1, 6, 10)).shape == (1, 3)
