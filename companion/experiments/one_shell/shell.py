"""One model of patches, in which only the layer that mixes the tokens is exchanged.

Embedding, learned positions, norms, residual steps, channel MLPs, mean and head stay the same.
What a mixer does not spend on parameters, the channel MLPs get.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from companion.cost import count_parameters
from companion.parts import (
    ContentFreeAttention,
    DepthwiseConvolution,
    EvenWeights,
    FeedForward,
    FourierMixing,
    FrozenWeights,
    LearnedPositions,
    LearnedWeights,
    MeanPool,
    MixingBlock,
    MultiHeadAttention,
    NoMixing,
    PatchClassifier,
    PatchEmbed,
    PatchGrid,
    ShiftMixing,
    TokenMLP,
    init_as_vit,
)

DEPTH = 2


class Sizes(NamedTuple):
    """Of the shell on one task: how images are cut, length of a token, heads, kernel, classes."""

    grid: PatchGrid
    dim: int
    heads: int
    kernel_size: int
    num_classes: int


def _weighted(weights: Callable[[Sizes], nn.Module]) -> Callable[[Sizes], nn.Module]:
    return lambda s: ContentFreeAttention(s.dim, weights=weights(s))  # type: ignore[arg-type]


# What stands where attention stands, from all that asks to nothing at all.
MIXERS: dict[str, Callable[[Sizes], nn.Module]] = {
    "attention": lambda s: MultiHeadAttention(s.dim, heads=s.heads),
    "learned weights": _weighted(lambda s: LearnedWeights(s.grid.num_patches, heads=s.heads)),
    "frozen weights": _weighted(lambda s: FrozenWeights(s.grid.num_patches, heads=s.heads)),
    "even weights": _weighted(lambda s: EvenWeights(s.grid.num_patches, heads=s.heads)),
    "token MLP": lambda s: TokenMLP(s.grid.num_patches, s.dim),
    "convolution": lambda s: DepthwiseConvolution(s.grid, s.dim, kernel_size=s.kernel_size),
    "shift": lambda s: ShiftMixing(s.grid),
    "Fourier": lambda _: FourierMixing(),
    "none": lambda _: NoMixing(),
}


def shell(mixer: str, sizes: Sizes, *, mlp_dim: int) -> PatchClassifier:
    """The model with one of `MIXERS` in each block: images (b, c, y, x) -> logits."""
    dim = sizes.dim
    model = PatchClassifier(
        embed=PatchEmbed(sizes.grid, dim),
        positions=LearnedPositions(sizes.grid.num_patches, dim),
        blocks=[
            MixingBlock(
                dim, token_mixer=MIXERS[mixer](sizes), channel_mixer=FeedForward(dim, mlp_dim)
            )
            for _ in range(DEPTH)
        ],
        pool=MeanPool(dim),
        head=nn.Linear(dim, sizes.num_classes),
    )
    std = (3 * dim) ** -0.5
    init_as_vit(model.blocks, std=std)
    init_as_vit(model.head, std=std)
    return model


def matched(mixer: str, sizes: Sizes) -> PatchClassifier:
    """The same, with as many parameters as attention's has at an MLP twice as long as a token."""
    wanted = count_parameters(shell("attention", sizes, mlp_dim=2 * sizes.dim))
    with torch.device("meta"):
        one, two = (count_parameters(shell(mixer, sizes, mlp_dim=h)) for h in (1, 2))
    return shell(mixer, sizes, mlp_dim=max(1, 1 + round((wanted - one) / (two - one))))
