"""Plots of many heads and layers: their maps, one query's map, and numbers that sum them up.

Axes: l layers, h heads, y x cells of a map, c channels, v u pixels.
"""

from typing import TYPE_CHECKING

from einops import rearrange
from torch import Tensor

from companion.viz.plots.images import show_attention
from companion.viz.plots.overlays import TILE, overlaid
from companion.viz.plots.tiles import bare, draw_tiles, one_axes
from companion.viz.style import COLORS, INK, MUTED, PANEL, figure, heat_map, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def show_heads(image: Tensor, heat: Tensor, *, ax: "Axes | None" = None) -> "Axes":
    """Show a map of every head over an image (c, v, u): a row for each layer, a column a head.

    Every map has its own scale: its strongest cell is the darkest. How sharp a head is, `entropy`
    says and the picture does not.

    Args:
        image: (c, v, u).
        heat: (l, h, y, x), as of `torch.stack([class_token_map(m)[0] for m in maps])`.
        ax: where to draw; a figure that fits where it is not given.

    Raises:
        ValueError: the maps have another shape, or their grid does not divide the image.
    """
    if heat.ndim != 4 or not heat.numel():
        raise ValueError(
            f"heat has shape {tuple(heat.shape)}: expected (layers, heads, y, x); choose one image"
        )
    layers, heads = heat.shape[:2]
    tiles = overlaid(image, rearrange(heat, "l h y x -> (l h) y x"))
    gap = TILE // 12
    if ax is None:
        edge = min(1.1, 6.4 / heads)
        ax = figure(width=0.7 + edge * heads, height=0.3 + edge * layers)[0]
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
    return ax


def show_query(image: Tensor, heat: Tensor, y: int, x: int, ax: "Axes | None" = None) -> "Axes":
    """Show where one patch looks: its map (rows, columns) over the image, the patch itself framed.

    Raises:
        ValueError: as `show_attention`, or the patch is not on the map.
    """
    if heat.ndim == 2 and not (0 <= y < heat.shape[0] and 0 <= x < heat.shape[1]):
        raise ValueError(f"patch ({y}, {x}) is not on a map of {heat.shape[0]}x{heat.shape[1]}")
    ax = show_attention(image, heat, ax)
    from matplotlib.patches import Rectangle

    down, right = image.shape[-2] / heat.shape[0], image.shape[-1] / heat.shape[1]
    # A light line around a dark one is seen on any map and picture.
    for color, width in ((PANEL, 4.0), (COLORS["blue"], 2.0)):
        place = (x * right - 0.5, y * down - 0.5)
        ax.add_patch(Rectangle(place, right, down, fill=False, ec=color, lw=width))
    return ax


def show_by_layer(
    values: Tensor,
    *,
    y_label: str,
    reference: tuple[str, float] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Show one number for each head: a dot at its layer, and a line through the layers' means.

    Heads of equal value lie on each other. Source: Dosovitskiy et al. 2021, figure 11.

    Args:
        values: (l, h), such as distances, entropies, or what a head's ablation costs.
        y_label: what they are, with the unit.
        reference: a name and a value, drawn as a level line, such as what even attention gives.
        ax: where to draw.

    Raises:
        ValueError: the values have another shape.
    """
    if values.ndim != 2 or not values.numel():
        raise ValueError(f"values have shape {tuple(values.shape)}: expected (layers, heads)")
    shown = values.detach().cpu().float()
    places = range(1, len(shown) + 1)
    ax = one_axes(ax, 4.8, 3.0)
    with style():
        for head in shown.T.tolist():
            (dots,) = ax.plot(places, head, "o")
            dots.set(color=COLORS["blue"], alpha=0.55, markersize=6, markeredgecolor=PANEL)
        ax.plot(places, shown.mean(dim=1).tolist(), "-", color=COLORS["vermilion"], lw=1.5)
        if reference is not None:
            name, level = reference
            ax.axhline(level, color=MUTED, ls="--", lw=1, marker="")
            ax.annotate(
                name,
                (1, level),
                xycoords=("axes fraction", "data"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="right",
                fontsize=8,
                color=MUTED,
            )
        ax.margins(y=0.12)
        ax.set_xticks(places)
        ax.set_xlim(0.5, len(shown) + 0.5)
        ax.set_xlabel("layer")
        ax.set_ylabel(y_label)
    return ax


def show_matrix(
    matrix: Tensor,
    *,
    x_label: str,
    y_label: str,
    limits: tuple[float, float] | None = None,
    every: int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Show a matrix (rows, columns) as shades: a whole attention map, or heads against heads.

    Args:
        matrix: (rows, columns), row 0 on top.
        x_label: what a column is.
        y_label: what a row is.
        limits: the values of the lightest and the darkest shade; 0 and the largest value where
            they are not given.
        every: how many rows and columns belong together, such as the heads of a layer; lines are
            drawn between those that do not.
        ax: where to draw.

    Raises:
        ValueError: the matrix has another shape, or `every` is below 1.
    """
    if matrix.ndim != 2 or not matrix.numel():
        raise ValueError(f"matrix has shape {tuple(matrix.shape)}: expected (rows, columns)")
    if every is not None and every < 1:
        raise ValueError(f"every={every}: give how many rows belong together, at least 1")
    shown = matrix.detach().cpu().float()
    low, high = limits or (0.0, shown.max().item())
    ax = one_axes(ax, 4.2, 3.6)
    picture = ax.imshow(
        shown.numpy(), cmap=heat_map(), vmin=low, vmax=high, interpolation="nearest"
    )
    bare(ax)
    if every is not None:
        rows, columns = shown.shape
        for draw, size in ((ax.axhline, rows), (ax.axvline, columns)):
            for place in range(every, size, every):
                draw(place - 0.5, color=MUTED, lw=0.8, ls="-", marker="")
    with style():
        bar = ax.figure.colorbar(picture, ax=ax, shrink=0.85)
        bar.outline.set_visible(False)
        ax.set_xlabel(x_label)
        ax.set_ylabel(y_label)
    return ax
