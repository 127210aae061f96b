"""The model of photographs: one layer over 144 patches, all of whose rows are read.

Axes: n photographs, y x pixels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.parts import (
    FeedForward,
    LearnedPositions,
    MeanPool,
    MixingBlock,
    MultiHeadAttention,
    PatchClassifier,
    PatchEmbed,
    PatchGrid,
    init_as_vit,
)

SIZE, PATCH, DIM = 72, 6, 64
HEADS = {"one head": 1, "four heads": 4}


def weights_name(heads: int) -> str:
    """The name of the weights of the model with so many heads, in `book/weights/`."""
    return f"05_photographs_{heads}"


def photograph_model(heads: int) -> PatchClassifier:
    """One layer over 144 patches without a class token, whose tokens are averaged."""
    grid = PatchGrid(SIZE, PATCH)
    block = MixingBlock(
        DIM,
        token_mixer=MultiHeadAttention(DIM, heads=heads),
        channel_mixer=FeedForward(DIM, 2 * DIM),
    )
    model = PatchClassifier(
        embed=PatchEmbed(grid, DIM),
        positions=LearnedPositions(grid.num_patches, DIM),
        blocks=[block],
        pool=MeanPool(DIM),
        head=nn.Linear(DIM, 10),
    )
    for part in (model.blocks, model.head):
        init_as_vit(part, std=(3 * DIM) ** -0.5)
    return model


def enlarged(images: Tensor) -> Tensor:
    """Photographs 72 pixels wide and high: (n, 3, y, x) -> (n, 3, 72, 72)."""
    return F.interpolate(images, (SIZE, SIZE), mode="bilinear").clamp(0, 1)


def probe(model: nn.Module) -> Tensor:
    """The model's answers to two fixed inputs, for `recall_weights`."""
    ramp = torch.linspace(0, 1, SIZE).expand(1, 3, SIZE, SIZE)
    answers: Tensor = model(torch.cat([ramp, ramp.mT]))
    return answers
