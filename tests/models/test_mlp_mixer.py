"""MLP-Mixer against the paper's counts, and what no other model of patches does."""

import pytest
import torch
from timm.models.mlp_mixer import MlpMixer
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.models import MLPMixer
from companion.parts import PatchGrid, from_patches, to_patches
from companion.pretrained.names import MLP_MIXER, rename

GRID = PatchGrid(8, 2, 1)


def small_mixer(**changes) -> MLPMixer:
    torch.manual_seed(0)
    return MLPMixer(GRID, **({"dim": 16, "depth": 2, "num_classes": 5} | changes))


@pytest.mark.parametrize(
    ("patch_size", "dim", "depth", "parameters"),
    [
        (32, 512, 8, 19_104_624),  # S/32, table 1: 19 M
        (16, 512, 8, 18_528_264),  # S/16: 18 M
        (16, 768, 12, 59_880_472),  # B/16: 59 M
        (16, 1024, 24, 208_196_168),  # L/16: 207 M
    ],
)
def test_published_parameter_counts(patch_size, dim, depth, parameters):
    with torch.device("meta"):
        model = MLPMixer(PatchGrid(224, patch_size), dim=dim, depth=depth, num_classes=1000)
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_every_parameter_learns():
    model = small_mixer()
    nn.init.normal_(model.head.weight)  # it starts at zero, which holds up the rest for a step
    F.cross_entropy(model(torch.rand(3, 1, 8, 8)), torch.tensor([0, 1, 2])).backward()
    assert [n for n, p in model.named_parameters() if not p.grad.abs().sum() > 0] == []


def test_it_starts_with_even_odds():
    assert_close(small_mixer()(torch.rand(3, 1, 8, 8)), torch.zeros(3, 5))


def test_patches_permuted_can_be_undone_in_the_weights():
    """Nothing but the token MLPs knows a place: permute them too, and no logit changes."""
    model = small_mixer().eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    images, order = torch.rand(2, 1, 8, 8), torch.randperm(16)
    shuffled = from_patches(to_patches(images, 2)[:, order], GRID)
    before = model(images)
    assert not torch.allclose(model(shuffled), before, atol=1e-3)
    for block in model.blocks:
        mlp = block.token_mixer.mlp
        mlp.expand.weight.data = mlp.expand.weight[:, order]
        mlp.contract.weight.data = mlp.contract.weight[order]
        mlp.contract.bias.data = mlp.contract.bias[order]
    assert_close(model(shuffled), before, atol=1e-5, rtol=1e-4)


def test_it_overfits_one_batch(loss_after):
    assert loss_after(small_mixer(), steps=150, rate=3e-3) < 0.05


def test_weights_start_as_timms():
    torch.manual_seed(0)
    theirs = MlpMixer(num_classes=7, img_size=32, patch_size=4, num_blocks=2, embed_dim=96)
    ours = MLPMixer(PatchGrid(32, 4), dim=96, depth=2, num_classes=7).state_dict()
    for name, weight in theirs.named_parameters():
        if name.startswith("stem"):
            continue  # as a convolution it keeps torch's own start here, LeCun's in timm
        mine = ours[next(iter(rename({name: weight}, MLP_MIXER)))]
        spread = 4 / weight.numel() ** 0.5  # of two deviations from so few numbers
        assert_close(mine.std(), weight.std(), atol=0, rtol=max(0.05, spread))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dim": 0}, "dim=0"),
        ({"depth": 0}, "depth=0"),
        ({"num_classes": 0}, "num_classes=0"),
        ({"token_dim": 0}, "hidden_dim=0"),
        ({"mlp_dim": -1}, "hidden_dim=-1"),
        ({"dropout": 1.0}, "dropout=1.0"),
    ],
)
def test_bad_sizes_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        small_mixer(**changes)


def test_another_image_size_is_refused():
    with pytest.raises(ValueError, match=r"this model takes \(batch, 1, 8, 8\)"):
        small_mixer()(torch.rand(2, 1, 12, 8))
