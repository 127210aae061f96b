"""Patch maps laid over a picture, patch on patch, as tiles for a plot of many.

Axes: t maps, y x cells of a map, c channels, v u pixels.
"""

import torch
from torch import Tensor

from companion.viz.plots.tiles import as_rgb, rgb_of
from companion.viz.style import PANEL, heat_map

TILE = 128
PALE, COVER = 0.45, 0.85


def overlaid(image: Tensor, heat: Tensor) -> Tensor:
    """The picture under each map: (c, v, u), (t, y, x) -> (t, TILE, TILE, 3).

    Every map has its own scale: its strongest cell is the darkest.

    Raises:
        ValueError: the map's grid does not divide the picture.
    """
    height, width = image.shape[-2:]
    rows, columns = heat.shape[1:]
    if height % rows or width % columns:
        raise ValueError(f"a {rows}x{columns} map does not fit a {height}x{width} image")
    heat = heat.detach().cpu().float()
    share = heat / heat.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)
    share = enlarged(share.clamp(0, 1)[..., None])
    pale = paled(enlarged(as_rgb(image[None])))
    colours = torch.tensor(heat_map()(share[..., 0].numpy()), dtype=torch.float32)[..., :3]
    return pale + COVER * share * (colours - pale)


def paled(pixels: Tensor) -> Tensor:
    """Colours (..., 3) closer to the paper, so that a map stands out from the picture."""
    paper = rgb_of(PANEL)
    return paper + PALE * (pixels - paper)


def enlarged(tiles: Tensor) -> Tensor:
    """(t, y, x, c) -> (t, TILE, TILE, c), each value a rectangle."""
    rows, columns = (torch.arange(TILE) * size // TILE for size in tiles.shape[1:3])
    return tiles[:, rows][:, :, columns]
