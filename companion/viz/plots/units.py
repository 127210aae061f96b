"""Pictures of hidden units: the weight that each gives each place.

Axes: u hidden units, n places, y and x the patch grid.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from companion.viz.plots.tiles import bare, one_axes, tile
from companion.viz.style import INK, MUTED, diverging_map, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def show_units(
    layers: Mapping[str, Tensor], *, columns: int = 8, scale: str = "", ax: "Axes | None" = None
) -> "Axes":
    """Show units (u, y, x) of each named layer in rows, blue below zero and vermilion above.

    Each layer has a scale of its own, from minus to plus its largest weight, which is printed under
    its name; so what the pictures show is where a unit reads, not how much.

    Args:
        layers: name -> (u, y, x), all of one grid.
        columns: units in a row.
        scale: what a weight is called where the largest is printed; "" prints none.
        ax: where to draw.

    Raises:
        ValueError: there is no layer or column, or one has another shape.
    """
    if columns < 1 or not layers:
        raise ValueError(f"columns={columns}, {len(layers)} layers: give at least one of each")
    shapes = {name: tuple(units.shape) for name, units in layers.items()}
    grids = {shape[1:] for shape in shapes.values()}
    if any(len(shape) != 3 or not shape[0] for shape in shapes.values()) or len(grids) > 1:
        raise ValueError(f"units have shapes {shapes}: give (units, rows, columns), of one grid")
    ((_, across),) = grids
    gap = max(1, across // 7)
    parts, middles, height = [], [], 0
    for units in layers.values():
        shown = units.detach().cpu().float()
        shown = shown / shown.abs().max().clamp_min(1e-12)
        part = tile(shown[..., None], columns, gap, torch.full((1,), float("nan")))[..., 0]
        middles.append(height + len(part) / 2 - 0.5)
        parts += [part, torch.full((3 * gap, part.shape[1]), float("nan"))]
        height += len(part) + 3 * gap
    canvas = torch.cat(parts[:-1])
    width = 0.5 * columns
    ax = one_axes(ax, width + 0.9, width * len(canvas) / canvas.shape[1] + 0.1)
    ax.imshow(canvas.numpy(), cmap=diverging_map(), vmin=-1, vmax=1, interpolation="nearest")
    bare(ax)
    for middle, (name, units) in zip(middles, layers.items(), strict=True):
        ax.text(-2 * gap, middle, name, ha="right", va="bottom", fontsize=9, color=INK)
        if scale:
            most = f"{scale} ±{units.abs().max():.2g}"
            ax.text(-2 * gap, middle, most, ha="right", va="top", fontsize=7, color=MUTED)
    return ax


def show_partners(found: Tensor, *, columns: int, ax: "Axes | None" = None) -> "Axes":
    """Draw a line from each place to the one that was found for it: (n,) places, row by row.

    Lines between places that lie beside or above each other are vermilion and thick, others thin
    and grey.

    Raises:
        ValueError: the places do not fill whole rows.
    """
    if columns < 1 or len(found) % columns or not len(found):
        raise ValueError(f"{len(found)} places do not fill rows of {columns}: give the columns")
    ax = one_axes(ax, 2.4, 2.4)
    with style():
        for place, other in enumerate(found.tolist()):
            (y, x), (v, u) = divmod(place, columns), divmod(other, columns)
            near = abs(y - v) + abs(x - u) == 1
            hue, wide = ("#D55E00", 2.6) if near else (MUTED, 0.7)
            ax.plot([x, u], [y, v], "-", color=hue, lw=wide, marker="", alpha=1 if near else 0.6)
        places = torch.arange(len(found))
        ax.plot(places % columns, places // columns, "o", color=INK, markersize=2.2)
    bare(ax)
    ax.set_aspect("equal")
    ax.invert_yaxis()
    return ax
