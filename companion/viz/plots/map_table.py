"""Maps beside their pictures, so that nothing lies over what a map is checked against.

Axes: t pictures, m maps of each, o objects, y x cells of a map, c channels, v u pixels.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from companion.viz.plots.overlays import TILE, enlarged, outlined, top_of
from companion.viz.plots.tiles import as_rgb, bare, draw_tiles, one_axes
from companion.viz.style import COLORS, INK, PANEL, figure, heat_map, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Place = tuple[int, int]


def show_map_table(
    images: Tensor,
    heat: Tensor,
    masks: Tensor,
    names: Sequence[str],
    *,
    notes: Sequence[Sequence[str]] | None = None,
    top: float | None = None,
    label: str = "weight",
    ax: "Axes | None" = None,
) -> "Axes":
    """Show pictures (t, c, v, u) in rows, each with its maps (t, m, y, x) beside it.

    Lines on the maps go around what the masks (t, o, v, u) cover. All maps share one scale, drawn
    at the right.

    Args:
        images: pictures whole, in their colours.
        heat: the maps of each.
        masks: what is outlined on its maps; a mask without pixels leaves no line.
        names: of the m maps, written above them, in as many lines as they have.
        notes: m words for each picture, written below its maps.
        top: the weight that is darkest; the largest of all maps where it is not given.
        label: of the scale.
        ax: where to draw; a figure that fits where it is not given.

    Raises:
        ValueError: pictures, maps, masks, names and notes do not go together, or `top` is not
            above 0.
    """
    if (
        heat.ndim != 4
        or not heat.numel()
        or len(images) != len(heat)
        or heat.shape[1] != len(names)
    ):
        raise ValueError(
            f"{len(images)} pictures and {len(names)} names for heat of shape {tuple(heat.shape)}: "
            "give (t, m, y, x), m named maps for each of t pictures"
        )
    if notes is not None and [len(row) for row in notes] != [len(names)] * len(heat):
        raise ValueError(f"notes for {[len(row) for row in notes]} maps: give one for each")
    rows, columns = len(heat), len(names) + 1
    maps = outlined(heat.flatten(0, 1), masks.repeat_interleave(len(names), dim=0), top)
    tiles = torch.cat(
        [enlarged(as_rgb(images))[:, None], maps.unflatten(0, (rows, len(names)))], dim=1
    )
    gap = TILE // 9 if notes is None else TILE // 5
    lines = 1 + max(name.count("\n") for name in names)
    if ax is None:
        edge = min(1.1 * (TILE + gap) / TILE, 6.1 / columns)
        ax = figure(width=edge * columns + 0.7, height=edge * rows + 0.1 + 0.17 * lines)[0]
    ax = draw_tiles(ax, tiles.flatten(0, 1), columns, gap, PANEL)
    for column, name in enumerate(("the picture", *names)):
        _write(ax, column * (TILE + gap), -0.06 * TILE, name, "bottom")
    for row, words in enumerate(notes or ()):
        for column, word in enumerate(words, start=1):
            _write(ax, column * (TILE + gap), row * (TILE + gap) + 1.03 * TILE, word, "top")
    low = rows * (TILE + gap) - gap * (notes is None)
    ax.set_ylim(low - 0.5, -(0.09 + 0.16 * lines) * TILE)
    _draw_scale(ax, top_of(heat, top), label)
    return ax


def show_map(
    heat: Tensor,
    masks: Tensor,
    *,
    asked: Place | None = None,
    top: float | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Show one map (y, x) alone, with lines around what the masks (o, v, u) cover.

    Args:
        heat: the map.
        masks: what is outlined.
        asked: the patch (row, column) that looks, framed.
        top: the weight that is darkest; the map's largest where it is not given.
        ax: where to draw.

    Raises:
        ValueError: the map has not two axes, or `asked` is not on it.
    """
    if heat.ndim != 2:
        raise ValueError(f"heat has shape {tuple(heat.shape)}: expected (rows, columns)")
    ax = one_axes(ax, 2.0, 2.0)
    ax.imshow(outlined(heat[None], masks[None], top)[0].numpy(), interpolation="nearest")
    bare(ax)
    if asked is not None:
        frame_patches(ax, [asked], heat.shape[-2:])
    return ax


def frame_patches(
    ax: "Axes", places: Sequence[Place], grid: tuple[int, ...], letters: str = ""
) -> "Axes":
    """Frame patches (row, column) on the picture or map that `ax` shows, each with its letter.

    Raises:
        ValueError: a place is not on the grid (rows, columns).
    """
    from matplotlib.patches import Rectangle

    wrong = [(y, x) for y, x in places if not (0 <= y < grid[0] and 0 <= x < grid[1])]
    if wrong:
        raise ValueError(f"patches {wrong} are not on a grid of {grid[0]}x{grid[1]}")
    left, right, low, high = ax.images[0].get_extent()
    wide, tall = (right - left) / grid[1], (low - high) / grid[0]
    for index, (y, x) in enumerate(places):
        corner = left + x * wide, high + y * tall
        # A light line around a dark one is seen on any map and picture.
        for color, width in ((PANEL, 4.0), (COLORS["blue"], 2.0)):
            ax.add_patch(Rectangle(corner, wide, tall, fill=False, ec=color, lw=width))
        if letters:
            at = corner[0] + wide * (1.25 if x < grid[1] - 2 else -0.25), corner[1] + tall / 2
            side = "left" if x < grid[1] - 2 else "right"
            box = {"facecolor": PANEL, "edgecolor": "none", "pad": 1.0, "alpha": 0.85}
            ax.text(*at, letters[index], ha=side, va="center", color=INK, bbox=box, weight="bold")
    return ax


def _write(ax: "Axes", left: float, y: float, words: str, side: str) -> None:
    ax.text(left + TILE / 2 - 0.5, y, words, ha="center", va=side, fontsize=9, color=INK)


def _draw_scale(ax: "Axes", top: float, label: str) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    with style():
        shades = ScalarMappable(Normalize(0, top), heat_map())
        bar = ax.figure.colorbar(shades, ax=ax, shrink=0.8, aspect=16, label=label)
        bar.outline.set_visible(False)
        bar.ax.locator_params(nbins=4)
