"""Six families of models for small images, cut to one budget: the parameters or the operations.

Tokens are as long in all that have them; what a family's other layers leave, its channel MLPs get.
"""

from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import nn

from companion.cost import count_flops, count_parameters
from companion.experiments.conv_families.models import channels_last
from companion.models import ConvMixer, Hybrid, ResNet
from companion.parts import PatchGrid


class Sizes(NamedTuple):
    """Of all families on one task: how images are cut, token, kernel, classes."""

    grid: PatchGrid
    dim: int
    kernel_size: int
    num_classes: int


def blocks(word: str, sizes: Sizes, width: int) -> nn.Module:
    """A patch model with one block a letter; `width` is the hidden length of its channel MLPs."""
    return Hybrid(
        sizes.grid,
        blocks=word,
        dim=sizes.dim,
        heads=4,
        mlp_dim=width,
        kernel_size=sizes.kernel_size,
        num_classes=sizes.num_classes,
    )


def convmixer(sizes: Sizes, width: int) -> nn.Module:
    """Four blocks with `width` channels."""
    grid, kernel_size, classes = sizes.grid, sizes.kernel_size, sizes.num_classes
    return channels_last(
        ConvMixer(grid, dim=width, depth=4, kernel_size=kernel_size, num_classes=classes)
    )


def resnet(sizes: Sizes, width: int) -> nn.Module:
    """Three stages of one block, the last of `width` channels; there are no patches."""
    widths = (max(1, width // 4), max(1, width // 2), width)
    channels, classes = sizes.grid.channels, sizes.num_classes
    return channels_last(ResNet(channels=channels, widths=widths, depth=1, num_classes=classes))


FAMILIES: dict[str, Callable[[Sizes, int], nn.Module]] = {
    "ViT": partial(blocks, "aa"),
    "MLP-Mixer": partial(blocks, "mm"),
    "Mixer + ViT": partial(blocks, "ma"),
    "ConvMixer": convmixer,
    "ConvMixer + Mixer": partial(blocks, "cm"),
    "ResNet": resnet,
}
BUDGETS = ("parameters", "operations")


def price(budget: str, model: nn.Module, sizes: Sizes) -> int:
    """What a model has or does: "parameters", or "operations" for one image."""
    if budget == "parameters":
        return count_parameters(model)
    grid = sizes.grid
    device = next(model.parameters()).device
    blank = torch.zeros(1, grid.channels, grid.image_size, grid.image_size, device=device)
    training = model.training
    flops = count_flops(model.eval(), blank)
    model.train(training)
    return flops


def vit(sizes: Sizes) -> nn.Module:
    """The one that the others are measured by: its MLPs are twice as long as a token."""
    return FAMILIES["ViT"](sizes, 2 * sizes.dim)


def matched(family: str, sizes: Sizes, *, budget: str) -> nn.Module:
    """A family's model before training, at the width that comes closest to the ViT's budget.

    Raises:
        ValueError: the budget is none of `BUDGETS`.
    """
    if budget not in BUDGETS:
        raise ValueError(f"budget={budget!r}: give one of {', '.join(BUDGETS)}")
    make = FAMILIES[family]

    def spent(width: int) -> int:
        return price(budget, make(sizes, width), sizes)

    with torch.device("meta"):
        wanted = price(budget, vit(sizes), sizes)
        above = 1 + bisect_left(range(1, 1_000), wanted, key=spent)
        near = min((max(1, above - 1), above), key=lambda width: abs(spent(width) - wanted))
    return make(sizes, near)
