"""Plots of many heads and layers: whole maps, and numbers that sum them up.

Axes: l layers, h heads.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from companion.viz.plots.tiles import bare, one_axes
from companion.viz.style import COLORS, INK, MUTED, PANEL, heat_map, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    names: tuple[Sequence[str], Sequence[str]] | None = None,
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
        names: of the rows and of the columns; the values are then printed as well, and no bar.
        ax: where to draw.

    Raises:
        ValueError: the matrix has another shape, `every` is below 1, or it has not as many rows
            and columns as names.
    """
    if matrix.ndim != 2 or not matrix.numel():
        raise ValueError(f"matrix has shape {tuple(matrix.shape)}: expected (rows, columns)")
    if every is not None and every < 1:
        raise ValueError(f"every={every}: give how many rows belong together, at least 1")
    if names is not None and tuple(map(len, names)) != tuple(matrix.shape):
        raise ValueError(f"{tuple(map(len, names))} names for {tuple(matrix.shape)} rows, columns")
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
    if names is not None:
        _print_values(ax, shown, names, (low + high) / 2)
    with style():
        ax.set_xlabel(x_label)
        ax.set_ylabel(y_label)
        if names is not None:
            return ax
        bar = ax.figure.colorbar(picture, ax=ax, shrink=0.85)
        bar.outline.set_visible(False)
    return ax


def _print_values(
    ax: "Axes", shown: Tensor, names: tuple[Sequence[str], Sequence[str]], middle: float
) -> None:
    """Each value in its cell, light on dark and dark on light, and the names beside them."""
    for row, values in enumerate(shown.tolist()):
        for column, value in enumerate(values):
            ink = PANEL if value > middle else INK
            ax.text(column, row, f"{value:.1f}", ha="center", va="center", color=ink, fontsize=8)
    ax.set_yticks(range(len(names[0])), names[0])
    ax.set_xticks(range(len(names[1])), names[1])
    ax.tick_params(length=0, labelsize=8, labelcolor=INK)
