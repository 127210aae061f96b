"""Words over a picture: where a captioner looked while it said each of them.

Axes: b pictures, t words, y x cells of a map, c channels, v u pixels.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from companion.inspection.maps import on_grid
from companion.inspection.record import AttentionMap
from companion.viz.animation import Animation, animate
from companion.viz.plots.attention import show_attention
from companion.viz.plots.overlays import TILE, enlarged, outlined, overlaid
from companion.viz.plots.tiles import as_rgb, bare, draw_tiles, write_labels
from companion.viz.style import INK, MUTED, PANEL, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NARROW, WIDE, ROW = 1.1, 1.6, 6.4  # inches of a tile, at least and at most, and of a row of them


def word_maps(maps: Sequence[AttentionMap]) -> Tensor:
    """One map a word from what was recorded, one step after the other: (b, t, y, x).

    Raises:
        ValueError: nothing was recorded, or a step has more than one query or head, or no grid.
    """
    if not maps:
        raise ValueError("there are 0 maps: record a captioner while it speaks")
    wrong = [m.layer for m in maps if m.layout is None or m.weights.shape[1:3] != (1, 1)]
    if wrong:
        raise ValueError(
            f"{wrong[0]} gives no map of one query over a grid: record a captioner's steps"
        )
    layout = maps[0].layout
    assert layout is not None
    steps = torch.cat([m.weights[:, 0, :, layout.num_prefix :] for m in maps], dim=1)
    return on_grid(steps, layout)


def show_words(
    image: Tensor, words: Sequence[str], heat: Tensor, *, columns: int = 6, ax: "Axes | None" = None
) -> "Axes":
    """Show a picture (c, v, u), then once for each word with its map (t, y, x) over it.

    All maps share one scale, stated below after a dark square. A line goes around the patches
    that weigh at least half of the darkest. The picture stays in sight everywhere.

    Raises:
        ValueError: there is no word, words and maps are not as many, or a map does not fit.
    """
    tiles = torch.cat([enlarged(as_rgb(image[None])), _overlaid(image, words, heat)])
    return _labelled(ax, tiles, ["the picture", *words], columns, heat, None)


def show_word_maps(
    image: Tensor,
    words: Sequence[str],
    heat: Tensor,
    masks: Tensor,
    *,
    columns: int = 6,
    top: float | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Show a picture (c, v, u), and beside it for each word its map (t, y, x) alone.

    Lines on the maps go around what the masks (o, v, u) cover, so that a map can be checked and
    hides nothing. All maps share one scale, stated below after a dark square; `top` is its darkest
    weight, the largest of these maps where it is not given.

    Raises:
        ValueError: there is no word, words and maps are not as many, or a shape does not fit.
    """
    _require_maps(words, heat)
    alone = outlined(heat, masks[None].expand(len(heat), *masks.shape), top)
    tiles = torch.cat([enlarged(as_rgb(image[None])), alone])
    return _labelled(ax, tiles, ["the picture", *words], columns, heat, top)


def show_map_pairs(
    images: Tensor,
    labels: Sequence[str],
    heat: Tensor,
    masks: Tensor,
    *,
    columns: int = 6,
    top: float | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Show pictures (t, c, v, u) with their labels, each with its map (t, y, x) to its right.

    As `show_word_maps`, with masks (t, o, v, u) for each picture; `columns` counts both.

    Raises:
        ValueError: there is no picture, labels and maps are not as many, or a shape does not fit.
    """
    _require_maps(labels, heat)
    if len(images) != len(heat):
        raise ValueError(f"{len(images)} pictures for {len(heat)} maps: give one for each")
    both = torch.stack([enlarged(as_rgb(images)), outlined(heat, masks, top)], dim=1)
    names = [name for label in labels for name in (label, "")]
    return _labelled(ax, both.flatten(0, 1), names, columns, heat, top)


def animate_words(
    image: Tensor, words: Sequence[str], heat: Tensor, *, seconds: float = 0.9
) -> Animation:
    """The caption as it is said: at each word, the map (t, y, x) on the picture (c, v, u).

    The still picture is that of `show_words`.

    Raises:
        ValueError: as `show_words`.
    """
    still = _figure_of(show_words(image, words, heat))
    frames = [_frame(image, words, heat, said) for said in range(len(words))]
    description = (
        f"A caption said word by word: {' '.join(words)}. At each word the picture is darkened "
        "where the model looks."
    )
    return animate(frames, still, seconds=seconds, description=description)


def _figure_of(ax: "Axes") -> "Figure":
    return cast("Figure", ax.figure)


def _frame(image: Tensor, words: Sequence[str], heat: Tensor, said: int) -> "Figure":
    left, right = figure(width=3.6, height=2.3, columns=2)
    left.imshow(as_rgb(image[None])[0].numpy(), interpolation="nearest")
    bare(left)
    left.set_title("the picture", color=MUTED)
    show_attention(image, heat[said], ax=right, top=max(heat.max().item(), 1e-12))
    right.set_title(words[said], fontweight="bold", fontsize=13, color=INK)
    drawn = _figure_of(left)
    drawn.supxlabel(" ".join(words[: said + 1]), fontsize=10, color=INK, x=0.02, ha="left")
    return drawn


def _overlaid(image: Tensor, words: Sequence[str], heat: Tensor) -> Tensor:
    """The picture under the map of each word. Raises `ValueError` where they are not as many."""
    _require_maps(words, heat)
    return overlaid(image, heat)


def _require_maps(words: Sequence[str], heat: Tensor) -> None:
    if heat.ndim != 3 or len(heat) != len(words) or len(words) == 0:
        raise ValueError(
            f"{len(words)} words for heat of shape {tuple(heat.shape)}: a map (y, x) for each"
        )


def _labelled(
    ax: "Axes | None",
    tiles: Tensor,
    labels: Sequence[str],
    columns: int,
    heat: Tensor,
    top: float | None,
) -> "Axes":
    """Tiles in rows under their labels, and the scale below.

    The fewer in a row, the larger both, so that a phone shows what can be read.
    """
    columns = min(columns, len(tiles))
    gap = round(TILE * 0.24)
    side = max(NARROW, min(WIDE, ROW / columns))
    if ax is None:
        rows = -(-len(tiles) // columns)
        ax = figure(width=side * columns, height=0.2 + side * rows * (TILE + gap) / TILE)[0]
    ax = draw_tiles(ax, tiles, columns, gap, PANEL)
    write_labels(ax, labels, TILE, columns, gap, fontsize=round(7.5 * side / NARROW))
    darkest = max(heat.max().item(), 0) if top is None else top
    ax.annotate(
        f"■ {darkest:.2g}: the darkest cell",
        (0, 0),
        xycoords="axes fraction",
        xytext=(0, -3),
        textcoords="offset points",
        va="top",
        fontsize=round(6.5 * side / NARROW),
        color=MUTED,
    )
    return ax
