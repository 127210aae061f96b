"""What a cell of an encoder's grid can see.

Axes: b images, c channels, d dim of a cell, y x cells, v u pixels.
"""

import torch
from torch import Tensor, nn

from companion.checks import require_positive


def pixels_seen(encoder: nn.Module, grid: int, image_size: int) -> Tensor:
    """Which pixels the middle cell depends on, its receptive field: (v, u) bool.

    The gradient of the cell is asked, over 64 random images, since a ReLU that is shut for one
    lets none through.

    Args:
        encoder: images (b, 3, v, u) -> features (b, d, y, x), in `eval` mode, where no image
            depends on another.
        grid: cells in a row.
        image_size: pixels in a row.

    Raises:
        ValueError: a size is not positive.
    """
    require_positive(grid=grid, image_size=image_size)
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(64, 3, image_size, image_size, generator=generator).requires_grad_()
    with torch.enable_grad():
        features = encoder(images)[:, :, grid // 2, grid // 2]
        (slope,) = torch.autograd.grad(features.sum(), images)
    return slope.abs().sum(dim=(0, 1)) > 0
