"""Maps of several models below the images that they are of, on one scale.

Axes: t images, c channels, v u pixels, y x cells of a map.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from companion.viz.plots.overlays import TILE, enlarged, outlined, top_of
from companion.viz.plots.tiles import as_rgb, draw_tiles, one_axes
from companion.viz.style import INK, PANEL, heat_map, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def show_maps_below(
    images: Tensor, maps: Mapping[str, Tensor], *, label: str, ax: "Axes | None" = None
) -> "Axes":
    """Show images (t, c, v, u) in a row, and below it a row of maps (t, y, x) for each name.

    A line on each map goes around the ink of its image. All maps share the scale at the right,
    which says what it is by `label`.

    Raises:
        ValueError: there are no maps, or not one for each image.
    """
    if not maps or any(heat.ndim != 3 or len(heat) != len(images) for heat in maps.values()):
        shapes = {name: tuple(heat.shape) for name, heat in maps.items()}
        raise ValueError(f"maps {shapes} for {len(images)} images: give (t, y, x), one for each")
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    top = top_of(torch.cat([heat.flatten() for heat in maps.values()]), None)
    ink = images.mean(dim=1, keepdim=True) > 0.4
    rows = [enlarged(as_rgb(images)), *(outlined(heat, ink, top) for heat in maps.values())]
    count, gap = len(images), TILE // 8
    ax = one_axes(ax, 0.74 * count + 1.3, 0.74 * len(rows) + 0.1)
    ax = draw_tiles(ax, torch.cat(rows), count, gap, PANEL)
    for row, name in enumerate(("image", *maps)):
        middle = row * (TILE + gap) + TILE / 2
        ax.text(-gap, middle, name, ha="right", va="center", fontsize=9, color=INK)
    with style():
        shades = ScalarMappable(Normalize(0, top), heat_map())
        bar = ax.figure.colorbar(shades, ax=ax, shrink=0.8, aspect=14, pad=0.02)
        bar.set_label(label)
        bar.outline.set_visible(False)
    return ax
