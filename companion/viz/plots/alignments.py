"""The alignments of several models, below each other on one scale.

Axes: t target pieces, s source pieces.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from companion.viz.plots.alignment import show_alignment
from companion.viz.plots.panels import panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Alignment = tuple[Tensor, Sequence[str], Sequence[str]]
"""Weights (t, s), the source pieces and those written."""


def show_alignments(alignments: Mapping[str, Alignment]) -> "list[Axes]":
    """Show where each named model looks (columns) while it writes (rows), with one scale below.

    Raises:
        ValueError: there is no alignment, or pieces and weights do not fit.
    """
    if not alignments:
        raise ValueError("there are no alignments to show")
    rows = [len(target) for _, _, target in alignments.values()]
    axes = panels(len(rows), height=0.24 * sum(rows) + 1.2 * len(rows))
    for ax, (name, (weights, source, target)) in zip(axes, alignments.items(), strict=True):
        read, written = ([piece.replace("▁", "") for piece in side] for side in (source, target))
        show_alignment(weights, read, written, ax=ax)
        ax.set_xticks(range(len(read)), read, rotation=60, ha="left", rotation_mode="anchor")
        ax.set(xlabel="", ylabel="written, from top to bottom")
        ax.set_title(name, loc="left", fontweight="bold")
    grid = axes[0].get_gridspec()
    if grid is not None:
        grid.set_height_ratios(rows)
    axes[0].figure.colorbar(
        axes[0].images[0], ax=axes, location="bottom", shrink=0.6, aspect=30, label="weight"
    )
    return axes
