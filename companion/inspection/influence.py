"""How strongly each patch of an image moves what stands at each place, block after block.

Axes: b images, c channels, l stages, p patches of the image, n places of the grid, d dim.
"""

import torch
from einops import rearrange
from torch import Tensor
from torch.autograd.functional import jvp

from companion.parts.classifier import PatchClassifier
from companion.parts.patches import from_patches


def influence(model: PatchClassifier, images: Tensor, *, seed: int = 0) -> Tensor:
    """The derivative of every place after every block by every patch: (l, p, n), sums over p are 1.

    A patch is changed a little, in a direction that `seed` draws; what counts is the length of the
    change at a place, and its share in all patches' there. Stage 0 is what enters the first block,
    where a place hears of its own patch alone. Averaged over the images. With the shares of one
    place in mind it is the ConvNets' effective receptive field, measured forward.
    Source: Luo et al. 2016, https://arxiv.org/abs/1701.04128.

    Args:
        model: in `eval` mode, where no image depends on another; without prefix tokens.
        images: (b, c, y, x), of the grid's size.
        seed: of the directions.

    Raises:
        ValueError: the model is in training mode, or its tokens are not those of the patches.
    """
    grid = model.embed.grid
    if model.training:
        raise ValueError("the model is in training mode, where images mix: call model.eval() first")
    if model.layout.num_prefix:
        raise ValueError(f"{model.layout} has tokens that stand nowhere: give a model without")
    lot = torch.Generator().manual_seed(seed)
    noise = torch.randn(grid.num_patches, grid.patch_dim, generator=lot)
    alone = torch.diag_embed((noise / noise.norm(dim=1, keepdim=True)).T)
    directions = from_patches(rearrange(alone, "f p n -> p n f"), grid).to(images)

    def stages(pixels: Tensor) -> Tensor:
        tokens = model.positions(model.embed(pixels))
        kept = [tokens]
        for block in model.blocks:
            kept.append(block(kept[-1]))
        return torch.stack(kept)

    shares = []
    for image in images:
        same = image.expand(grid.num_patches, *image.shape).contiguous()
        with torch.enable_grad():
            moved = jvp(stages, same, directions)[1]
        length = moved.norm(dim=3)  # (l, p, n)
        shares.append(length / length.sum(dim=1, keepdim=True).clamp_min(1e-12))
    return torch.stack(shares).mean(dim=0)
