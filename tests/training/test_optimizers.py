import pytest
import torch
from torch import nn

from companion.models import ViT
from companion.parts.patches import PatchGrid
from companion.training import FitConfig, decay_groups, make_optimizer


def names(model: nn.Module, decay: float) -> set[str]:
    of = {id(p): name for name, p in model.named_parameters()}
    groups = decay_groups(model, weight_decay=0.05)
    return {of[id(p)] for g in groups if g["weight_decay"] == decay for p in g["params"]}


@pytest.fixture
def vit() -> nn.Module:
    return ViT(PatchGrid(8, 2, 1), dim=16, depth=1, heads=2, num_classes=10)


def test_only_matrices_decay(vit: nn.Module):
    assert names(vit, 0.05) == {
        "embed.projection.weight",
        "blocks.0.token_mixer.qkv.weight",
        "blocks.0.token_mixer.output.weight",
        "blocks.0.channel_mixer.expand.weight",
        "blocks.0.channel_mixer.contract.weight",
        "head.weight",
    }


def test_biases_norms_positions_and_the_class_token_are_spared(vit: nn.Module):
    spared = names(vit, 0.0)
    assert {"class_token.token", "positions.table", "pool.norm.weight", "head.bias"} <= spared
    assert spared | names(vit, 0.05) == {name for name, _ in vit.named_parameters()}


def test_timms_names_are_known():
    model = nn.Module()
    for name in ("cls_token", "dist_token", "pos_embed"):
        model.register_parameter(name, nn.Parameter(torch.zeros(1, 5, 4)))
    assert names(model, 0.0) == {"cls_token", "dist_token", "pos_embed"}
    assert len(decay_groups(model, weight_decay=0.05)) == 1


def test_a_spared_parameter_does_not_shrink_and_a_matrix_does(vit: nn.Module):
    optimizer = make_optimizer(vit, FitConfig(1, 0.1, weight_decay=0.5))
    before = {name: p.detach().clone() for name, p in vit.named_parameters()}
    for p in vit.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    after = dict(vit.named_parameters())
    assert torch.equal(after["positions.table"], before["positions.table"])
    torch.testing.assert_close(after["head.weight"], before["head.weight"] * (1 - 0.1 * 0.5))


def test_frozen_parameters_are_left_out(vit: nn.Module):
    vit.embed.requires_grad_(False)
    assert not any(name.startswith("embed") for name in names(vit, 0.05) | names(vit, 0.0))
    with pytest.raises(ValueError, match="no parameter that requires a gradient: unfreeze"):
        decay_groups(vit.requires_grad_(False), weight_decay=0.0)


def test_adam_is_adam(vit: nn.Module):
    optimizer = make_optimizer(vit, FitConfig(1, 0.1, optimizer="adam", weight_decay=0.0))
    assert type(optimizer) is torch.optim.Adam
    assert type(make_optimizer(vit, FitConfig(1, 0.1))) is torch.optim.AdamW
