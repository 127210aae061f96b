"""The block is torch's pre-norm encoder layer; positions and class token do what they say."""

import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn
from torch.testing import assert_close

from companion.parts import (
    ClassToken,
    ClassTokenPool,
    FeedForward,
    LearnedPositions,
    MeanPool,
    MixingBlock,
    MultiHeadAttention,
)


def test_block_equals_torch_pre_norm_encoder_layer():
    torch.manual_seed(0)
    block = MixingBlock(
        12, token_mixer=MultiHeadAttention(12, heads=3), channel_mixer=FeedForward(12, 20)
    )
    twin = nn.TransformerEncoderLayer(
        12, 3, 20, dropout=0.0, activation="gelu", batch_first=True, norm_first=True,
        layer_norm_eps=1e-6,
    )  # fmt: skip
    attention, mlp = block.token_mixer, block.channel_mixer
    with torch.no_grad():
        for norm in (block.norm1, block.norm2):
            norm.weight.uniform_(0.5, 1.5)
        twin.self_attn.in_proj_weight.copy_(attention.qkv.weight)
        twin.self_attn.in_proj_bias.copy_(attention.qkv.bias)
    twin.self_attn.out_proj.load_state_dict(attention.output.state_dict())
    twin.linear1.load_state_dict(mlp.expand.state_dict())
    twin.linear2.load_state_dict(mlp.contract.state_dict())
    twin.norm1.load_state_dict(block.norm1.state_dict())
    twin.norm2.load_state_dict(block.norm2.state_dict())
    tokens = torch.randn(2, 6, 12)
    assert_close(block(tokens), twin(tokens), atol=1e-6, rtol=1e-5)


def test_mlp_treats_each_token_alone():
    torch.manual_seed(1)
    mlp = FeedForward(6, 8)
    tokens = torch.randn(1, 4, 6)
    edited = tokens.clone()
    edited[:, 2] += 1
    changed = (mlp(edited) != mlp(tokens)).any(-1)[0]
    assert changed.tolist() == [False, False, True, False]


def test_dropout_acts_in_training_alone():
    torch.manual_seed(2)
    block = MixingBlock(
        8, token_mixer=nn.Identity(), channel_mixer=FeedForward(8, 8, dropout=0.5), dropout=0.5
    )
    tokens = torch.randn(1, 3, 8)
    assert not torch.equal(block(tokens), block(tokens))
    block.eval()
    assert torch.equal(block(tokens), block(tokens))


def test_class_token_goes_first_and_is_shared():
    token = ClassToken(4)
    tokens = torch.randn(3, 5, 4)
    out = token(tokens)
    assert torch.equal(out[:, 1:], tokens)
    assert torch.equal(out[:, 0], token.token.expand(3, 1, 4)[:, 0])


def test_positions_tell_places_apart():
    positions = LearnedPositions(3, 4)
    same = positions(torch.zeros(1, 3, 4))[0]
    assert torch.pdist(same).min() > 0


def test_the_class_token_pool_reads_one_token_and_the_mean_pool_each_alike():
    first, other = torch.tensor([1.0, 1.0, -1.0, -1.0]), torch.tensor([1.0, -1.0, -1.0, 1.0])
    # Normalised before the mean, a token of large numbers counts no more than another.
    tokens = torch.stack([first, 7 + 300 * other])[None]
    assert_close(ClassTokenPool(4)(tokens), first[None], atol=1e-4, rtol=0)
    assert_close(MeanPool(4)(tokens), torch.tensor([[1.0, 0, -1, 0]]), atol=1e-4, rtol=0)


@given(st.floats(allow_nan=True).filter(lambda p: not 0 <= p < 1))
def test_dropout_outside_its_range_is_refused(dropout):
    with pytest.raises(ValueError, match="dropout="):
        FeedForward(4, 4, dropout=dropout)


@pytest.mark.parametrize("shape", [(3, 4), (2, 1, 4), (2, 3, 1), (2, 4, 4), (2, 1, 3, 4)])
def test_positions_are_not_spread_over_other_tokens(shape):
    with pytest.raises(ValueError, match=r"tokens have shape \(.*knows \(batch, 3, 4\)"):
        LearnedPositions(3, 4)(torch.zeros(shape))
