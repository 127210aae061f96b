"""Words of convolutions and token MLPs of exactly as many parameters, and what is changed in them.

Axes: b batch, n tokens, d dim.
"""

from collections.abc import Iterable

import torch
from torch import nn

from companion.experiments.conv_families.models import channels_last
from companion.models import Hybrid
from companion.parts import NoMixing, PatchGrid

# With 64 places a block "c" and a block "m" of these sizes have 3,792 parameters each.
SIZES = {"dim": 48, "kernel_size": 5, "token_dim": 12, "mlp_dim": 20}
BELOW, ABOVE = (0, 1), (2, 3)


def build(word: str, grid: PatchGrid, *, classes: int, seed: int, **changes: int) -> Hybrid:
    """A hybrid of this study's sizes, or with some of them changed."""
    torch.manual_seed(seed)
    model = Hybrid(grid, blocks=word, num_classes=classes, **SIZES | changes)
    channels_last(model)
    return model


def freeze(model: Hybrid, blocks: Iterable[int]) -> Hybrid:
    """Leave these blocks at what they are: their weights, norms' scales and shifts get no gradient.

    The running means of a batch normalisation still follow what comes in.
    """
    for index in blocks:
        model.blocks[index].requires_grad_(False)
    return model


def close_edges(model: nn.Module) -> nn.Module:
    """Let every convolution go on at the other side of the grid, where it saw zeros."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d) and layer.kernel_size != (1, 1):
            layer.padding_mode = "circular"
    return model


def without_token_mlps(grid: PatchGrid, *, classes: int, seed: int) -> Hybrid:
    """The word "ccmm" with nothing for its token MLPs, and wider channel MLPs instead."""
    model = build("ccmm", grid, classes=classes, seed=seed, mlp_dim=37)
    for index in ABOVE:
        model.blocks[index].token_mixer = NoMixing()
    return model


def without_neighbours(grid: PatchGrid, *, classes: int, seed: int) -> Hybrid:
    """The word "ccmm" whose kernels cover one place, and wider token MLPs instead."""
    return build("ccmm", grid, classes=classes, seed=seed, kernel_size=1, token_dim=21)
