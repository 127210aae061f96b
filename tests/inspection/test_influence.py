"""Influence is local where convolutions are, global behind a token MLP, and a derivative."""

import pytest
import torch
from torch.testing import assert_close

from companion.inspection import influence
from companion.models import Hybrid, ViT
from companion.parts import PatchGrid

GRID = PatchGrid(12, 2, 1)
SIZES = {"dim": 8, "num_classes": 3, "token_dim": 6, "mlp_dim": 8, "kernel_size": 3}


def hybrid(word):
    torch.manual_seed(0)
    return Hybrid(GRID, blocks=word, **SIZES).eval()


def test_before_the_first_block_a_place_hears_of_its_own_patch_alone():
    found = influence(hybrid("cm"), torch.rand(2, 1, 12, 12))
    assert found.shape == (3, 36, 36)
    assert_close(found[0], torch.eye(36))
    assert_close(found.sum(dim=1), torch.ones(3, 36))


def test_convolutions_reach_half_a_kernel_a_block_and_a_token_mlp_everywhere():
    found = influence(hybrid("ccm"), torch.rand(1, 1, 12, 12))
    place = 2 * 6 + 2
    heard = [int((stage[:, place] > 0).sum()) for stage in found]
    assert heard == [1, 9, 25, 36]


def test_it_is_the_length_of_a_small_change():
    model, image = hybrid("cm").double(), torch.rand(1, 1, 12, 12).double()
    lot = torch.Generator().manual_seed(4)
    noise = torch.randn(36, 4, generator=lot)
    lengths = []
    for patch in range(36):
        changed, (y, x) = image.clone(), divmod(patch, 6)
        step = (noise[patch] / noise[patch].norm()).reshape(2, 2)
        changed[0, 0, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2] += 1e-5 * step
        lengths.append((model.features(changed) - model.features(image)).norm(dim=2)[0])
    lengths = torch.stack(lengths)
    found = influence(model, image, seed=4)[2]
    assert_close(found, lengths / lengths.sum(dim=0), atol=1e-4, rtol=1e-3)


def test_another_seed_takes_other_directions():
    model, image = hybrid("cm"), torch.rand(1, 1, 12, 12)
    assert (influence(model, image) - influence(model, image, seed=1)).abs().max() > 1e-4


def test_a_model_that_learns_and_one_with_a_class_token_are_refused():
    with pytest.raises(ValueError, match="eval"):
        influence(hybrid("cm").train(), torch.rand(1, 1, 12, 12))
    vit = ViT(GRID, dim=8, depth=1, heads=2, num_classes=3).eval()
    with pytest.raises(ValueError, match="stand nowhere"):
        influence(vit, torch.rand(1, 1, 12, 12))
