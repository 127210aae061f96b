"""Paint a part of each picture over, to see what depends on it.

Axes: b pictures, c channels, v u pixels, y x cells of a grid.
"""

import torch
from einops import rearrange
from torch import Tensor


def cover_cells(
    images: Tensor, cells: Tensor, *, grid: int, reach: int = 1, value: float = 0.5
) -> Tensor:
    """The pictures with a square around one cell each painted over: (b, c, v, u).

    Source: occlusion, Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901

    Args:
        images: (b, c, v, u), squares of a multiple of `grid` pixels.
        cells: (b,) numbers of cells in reading order, from 0.
        grid: cells in a row, and in a column.
        reach: how many cells further in each direction; those beyond the edge are left out.
        value: of the paint; 0.5 is grey.

    Raises:
        ValueError: cells and pictures are not as many, the grid does not divide the pictures, or a
            cell is not on it.
    """
    size = images.shape[-1]
    if cells.shape != images.shape[:1] or images.shape[2] != size or grid < 1 or size % grid:
        raise ValueError(
            f"{tuple(cells.shape)} cells of a {grid}x{grid} grid for images of shape "
            f"{tuple(images.shape)}: give a cell for each square picture, which the grid divides"
        )
    if not bool(((cells >= 0) & (cells < grid * grid)).all()):
        low, high = int(cells.min()), int(cells.max())
        raise ValueError(f"cells from {low} to {high}: the grid has 0 to {grid * grid - 1}")
    place = torch.arange(size, device=images.device) // (size // grid)
    rows, columns = (
        (place - rearrange(at, "b -> b 1")).abs() <= reach for at in (cells // grid, cells % grid)
    )
    hidden = rearrange(rows, "b v -> b 1 v 1") & rearrange(columns, "b u -> b 1 1 u")
    return images.masked_fill(hidden, value)
