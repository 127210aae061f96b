"""Plots of where a model looks: one map over a picture, one patch's, those of all heads.

Axes: l layers, h heads, y x cells of a map, c channels, v u pixels.
"""

from typing import TYPE_CHECKING

from einops import rearrange
from torch import Tensor

from companion.viz.plots.overlays import TILE, overlaid, state_scale
from companion.viz.plots.tiles import bare, draw_tiles, one_axes
from companion.viz.style import COLORS, INK, PANEL, figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def show_attention(
    image: Tensor, heat: Tensor, ax: "Axes | None" = None, *, top: float | None = None
) -> "Axes":
    """Show an image (c, v, u) under a patch map (y, x): the more a patch weighs, the darker.

    A line goes around the patches that weigh at least half of the darkest, whose weight stands
    below, after a dark square. The picture stays in sight everywhere.

    Args:
        image: (c, v, u).
        heat: (y, x).
        ax: where to draw.
        top: the weight that is darkest, for maps to be compared; this map's largest where it is
            not given.

    Raises:
        ValueError: the map has not two axes, its grid does not divide the image, or `top` is not
            above 0.
    """
    if heat.ndim != 2:
        raise ValueError(
            f"heat has shape {tuple(heat.shape)}: expected (rows, columns); choose one image and "
            "head, or average over them"
        )
    height, width = image.shape[-2:]
    zoom = max(1, TILE // min(height, width))
    shown = overlaid(image, heat[None], top, (zoom * height, zoom * width))[0]
    ax = one_axes(ax, 2.4, 2.4)
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    ax.imshow(shown.numpy(), interpolation="nearest", extent=extent)
    bare(ax)
    state_scale(ax, heat, top)
    return ax


def show_query(
    image: Tensor,
    heat: Tensor,
    y: int,
    x: int,
    ax: "Axes | None" = None,
    *,
    top: float | None = None,
) -> "Axes":
    """Show where one patch looks: its map (rows, columns) over the image, the patch itself framed.

    Raises:
        ValueError: as `show_attention`, or the patch is not on the map.
    """
    if heat.ndim == 2 and not (0 <= y < heat.shape[0] and 0 <= x < heat.shape[1]):
        raise ValueError(f"patch ({y}, {x}) is not on a map of {heat.shape[0]}x{heat.shape[1]}")
    ax = show_attention(image, heat, ax, top=top)
    from matplotlib.patches import Rectangle

    down, right = image.shape[-2] / heat.shape[0], image.shape[-1] / heat.shape[1]
    # A light line around a dark one is seen on any map and picture.
    for color, width in ((PANEL, 4.0), (COLORS["blue"], 2.0)):
        place = (x * right - 0.5, y * down - 0.5)
        ax.add_patch(Rectangle(place, right, down, fill=False, ec=color, lw=width))
    return ax


def show_heads(
    image: Tensor, heat: Tensor, *, ax: "Axes | None" = None, top: float | None = None
) -> "Axes":
    """Show a map of every head over an image (c, v, u): a row for each layer, a column a head.

    All maps share one scale, stated below after a dark square: a pale map is one of a head that
    spreads. A line goes around the patches that weigh at least half of the darkest.

    Args:
        image: (c, v, u).
        heat: (l, h, y, x), as of `torch.stack([class_token_map(m)[0] for m in maps])`.
        ax: where to draw; a figure that fits where it is not given.
        top: the weight that is darkest; the largest of all maps where it is not given.

    Raises:
        ValueError: the maps have another shape, their grid does not divide the image, or `top` is
            not above 0.
    """
    if heat.ndim != 4 or not heat.numel():
        raise ValueError(
            f"heat has shape {tuple(heat.shape)}: expected (layers, heads, y, x); choose one image"
        )
    layers, heads = heat.shape[:2]
    tiles = overlaid(image, rearrange(heat, "l h y x -> (l h) y x"), top)
    gap = TILE // 12
    if ax is None:
        edge = min(1.1, 6.4 / heads)
        ax = figure(width=0.7 + edge * heads, height=0.5 + edge * layers)[0]
    ax = draw_tiles(ax, tiles, heads, gap, PANEL)
    middles = [TILE / 2 - 0.5 + index * (TILE + gap) for index in range(max(layers, heads))]
    ax.set_xticks(middles[:heads], [str(head + 1) for head in range(heads)])
    ax.set_yticks(middles[:layers], [str(layer + 1) for layer in range(layers)])
    ax.tick_params(length=0, labelsize=8, labelcolor=INK)
    ax.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False)
    with style():
        ax.set_xlabel("head")
        ax.set_ylabel("layer")
    ax.xaxis.set_label_position("top")
    state_scale(ax, heat, top)
    return ax
