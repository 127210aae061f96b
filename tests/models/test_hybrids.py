"""A word of blocks is the model that it names."""

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from companion.inspection import record_attention
from companion.models import ConvMixerBlock, Hybrid, MLPMixer
from companion.parts import MultiHeadAttention, PatchGrid, TokenMLP

GRID = PatchGrid(8, 2, 1)
SIZES = {"dim": 16, "num_classes": 5, "kernel_size": 3}


def hybrid(blocks: str, **changes) -> Hybrid:
    torch.manual_seed(0)
    return Hybrid(GRID, blocks=blocks, **(SIZES | changes))


@pytest.mark.parametrize("blocks", ["m", "a", "c", "mma", "amm", "cm", "acmca"])
def test_each_letter_is_a_block_in_its_place(blocks):
    model = hybrid(blocks)

    def letter(block):
        kinds = {type(part) for part in block.modules()}
        found = [k for k in (MultiHeadAttention, TokenMLP, ConvMixerBlock) if k in kinds]
        assert len(found) == 1
        return {MultiHeadAttention: "a", TokenMLP: "m", ConvMixerBlock: "c"}[found[0]]

    assert "".join(letter(block) for block in model.blocks) == blocks
    F.cross_entropy(model(torch.rand(3, 1, 8, 8)), torch.tensor([0, 1, 2])).backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_only_mixers_are_an_mlp_mixer():
    mixer = MLPMixer(GRID, dim=16, depth=3, num_classes=5).eval()
    torch.nn.init.normal_(mixer.head.weight)  # it starts at zero, which hides all that comes before
    model = hybrid("mmm").eval()
    model.load_state_dict(mixer.state_dict())
    images = torch.rand(2, 1, 8, 8)
    assert_close(model(images), mixer(images))


def test_positions_are_there_where_a_block_attends():
    for blocks, has in {"mm": False, "cm": False, "ma": True, "am": True}.items():
        names = dict(hybrid(blocks).named_parameters())
        assert ("positions.table" in names) is has


def test_its_attention_can_be_recorded():
    model = hybrid("mama", heads=2)
    with record_attention(model) as maps:
        model(torch.rand(3, 1, 8, 8))
    assert [m.weights.shape for m in maps] == [(3, 2, 16, 16)] * 2
    assert maps[0].layout.num_prefix == 0


@pytest.mark.parametrize(
    ("blocks", "changes", "words"),
    [
        ("", {}, "blocks='': give a word of 'a' .attention., 'm' .MLP-Mixer., 'c'"),
        ("mxa", {}, "blocks='mxa': give a word"),
        ("MMA", {}, "blocks='MMA'"),
        ("ma", {"heads": 3}, "dim=16 is not divisible by heads=3"),
        ("ma", {"dim": 0}, "dim=0"),
        ("c", {"kernel_size": 0}, "kernel_size=0"),
        ("m", {"num_classes": 0}, "num_classes=0"),
    ],
)
def test_other_words_and_bad_sizes_are_refused(blocks, changes, words):
    with pytest.raises(ValueError, match=words):
        hybrid(blocks, **changes)


def test_heads_do_not_matter_where_nothing_attends():
    assert hybrid("mm", heads=3)(torch.rand(1, 1, 8, 8)).shape == (1, 5)
