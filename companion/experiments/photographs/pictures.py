"""Pictures of what the models of photographs look at, and of what the record says of them.

Axes: h kinds of model, q queries, y x cells of a map, c channels, v u pixels.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from companion.experiments.photographs.model import PATCH, SIZE
from companion.experiments.photographs.samples import (
    LEFTS,
    recalled_maps,
    sample_photographs,
    whole_photographs,
)
from companion.inspection import Sides, query_map
from companion.viz import COLORS, figure, frame_patches, show_images, show_map, show_matrix
from companion.viz.plots.overlays import state_scale
from companion.viz.style import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

Place = tuple[int, int]
GRID, SHOWN, TOP = (SIZE // PATCH, SIZE // PATCH), (108, 162), 0.05
HEADS, LETTERS = {1: "one head", 4: "four heads"}, "ABCD"


def show_photograph_looks(
    index: int, places: Sequence[Place], mask: Tensor | None = None, *, matrix: bool = False
) -> "Axes":
    """Show a sample photograph whole, the square that the models see, and what patches take from.

    Below, a row for each model: the maps of the patches that ask, on one scale, of which the
    darkest shade is for `TOP` and more, and before them the whole matrix of its weights where
    `matrix` says so. The first photograph is the flower, the
    second the temple.

    Args:
        index: which photograph.
        places: the patches that ask, each (row, column).
        mask: what is outlined on the maps: (v, u).
        matrix: whether the whole matrix stands before the maps.
    """
    import matplotlib.pyplot as plt

    outlined = torch.zeros(SIZE, SIZE, dtype=torch.bool) if mask is None else mask
    seen = sample_photographs()
    maps = recalled_maps(seen)
    with style():
        drawn = plt.figure(figsize=(6.2, 6.6 if matrix else 6.3), layout="constrained")
        above, *below = drawn.subfigures(1 + len(maps), 1)  # type: ignore[misc]
        left, right = above.subplots(1, 2)
        _show_whole(left, index)
        coarse = F.avg_pool2d(seen[index : index + 1], 2)  # seen at 32 pixels, it has no more
        frame_patches(show_images(coarse, ax=right), places, GRID, LETTERS)
        right.set_title("what the models see")
        for (heads, found), row in zip(maps.items(), below, strict=True):
            asked = [query_map(found, *place)[index, 0] for place in places]
            whole = found.weights[index, 0] if matrix else None
            _show_row(row, HEADS[heads], asked, places, outlined, whole)
    return left


def _show_whole(ax: "Axes", index: int) -> None:
    """A photograph with a line around the square that is cut out of it."""
    whole = whole_photographs()[index]
    small = F.interpolate(whole[None], SHOWN, mode="area")
    show_images(small, ax=ax)
    left, size = LEFTS[index] * SHOWN[1] / whole.shape[2], SHOWN[0] - 1
    x, y = [left, left + size, left + size, left, left], [0, 0, size, size, 0]
    ax.plot(x, y, color="white", marker="", linestyle="-", linewidth=2)
    ax.set_title("the photograph")


def _show_row(
    row: "SubFigure", name: str, asked: Sequence[Tensor], places: Sequence[Place], mask: Tensor,
    whole: Tensor | None,
) -> None:  # fmt: skip
    """One model's maps of the patches that ask, after its whole matrix."""
    panels = row.subplots(1, len(asked) + (whole is not None))
    for panel, heat, place, letter in zip(
        panels[-len(asked) :], asked, places, LETTERS, strict=False
    ):
        show_map(heat, mask[None], asked=place, top=TOP, ax=panel)
        panel.set_title(f"{letter} takes from")
    if whole is None:
        panels[0].set_ylabel(name)
        state_scale(panels[0], asked[0], TOP)
    else:
        shades = (whole * 200).round() / 200  # few of them make a small file
        show_matrix(
            shades, x_label="patch looked at", y_label="patch that looks", limits=(0, TOP),
            ax=panels[0],
        )  # fmt: skip
        panels[0].set_title(f"{name}: all weights")


def show_sides(rows: Sequence[Mapping[str, Any]], titles: Sequence[str]) -> "Axes":
    """Show what the record's models take from afar, with errors, beside their two controls.

    Args:
        rows: those of the record, in order.
        titles: of the three panels, which are those of `Sides`.
    """
    axes = figure(width=5.4, height=2.4, columns=len(Sides._fields))
    for ax, side, title in zip(axes, Sides._fields, titles, strict=True):
        for place, row in enumerate(rows):
            mean, error, others = row["trained"][side]
            ax.errorbar(place, mean, error, fmt="o", color=COLORS["blue"])
            ax.plot(place, others, "D", color=COLORS["slate"], mfc="none")
            ax.plot(place, row["untrained"][side][0], "x", color=COLORS["plum"])
        ax.axhline(1, color=COLORS["slate"], ls="--", lw=1, marker="")
        ax.set(ylim=(0.5, 3), xlim=(-0.7, 5.7))
        ax.grid(visible=False)
        ax.set_xticks([1, 4], ["one", "four"])
        ax.set_yticks([1, 2, 3])
        ax.set_xlabel("heads")
        ax.set_title(title.replace(" from", "\nfrom"), fontsize=10)
    for ax in axes[1:]:
        ax.set_yticklabels([])
    axes[0].set_ylabel("from afar, in multiples of chance", fontsize=9)
    keys = {"trained": "blue", "others' outlines": "slate", "untrained": "plum"}
    for line, (words, hue) in enumerate(keys.items()):
        axes[2].text(5.5, 2.85 - 0.25 * line, words, color=COLORS[hue], ha="right", va="top")
    return axes[0]
