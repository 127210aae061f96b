"""Small multiples of dots: the same rows in every panel, one dot a run."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from companion.viz.plots.dots import show_dots
from companion.viz.plots.panels import panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def show_dot_panels(
    runs: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    x_label: str,
    colors: Mapping[str, str] | None = None,
    reference: str | None = None,
    columns: int = 2,
) -> list["Axes"]:
    """Draw a panel of dots for each title, whose rows have the same names in the same order.

    Each panel has its own scale. The rows' names stand at the left of the first column alone.

    Args:
        runs: title -> name -> one value a run.
        x_label: of the lowest panel of each column.
        colors: as in `show_dots`.
        reference: the row whose mean is marked by a line through its panel.
        columns: panels beside each other.

    Raises:
        ValueError: there is no panel, the panels' rows differ, or as `show_dots`.
    """
    names = [list(rows) for rows in runs.values()]
    if not names or any(each != names[0] for each in names):
        raise ValueError(f"panels with the rows {names or 'none'}: give the same rows to each")
    if reference is not None and reference not in names[0]:
        raise ValueError(f"reference={reference!r} is no row: give one of {', '.join(names[0])}")
    lines = -(-len(runs) // columns)
    drawn = panels(lines, columns, height=lines * (0.85 + 0.22 * len(names[0])))
    for ax in drawn[len(runs) :]:
        ax.set_axis_off()
    for index, (ax, (title, rows)) in enumerate(zip(drawn, runs.items(), strict=False)):
        level = sum(rows[reference]) / len(rows[reference]) if reference else None
        lowest = index + columns >= len(runs)
        show_dots(rows, x_label=x_label if lowest else "", colors=colors, reference=level, ax=ax)
        ax.set_title(title, fontsize=9.5, loc="left", pad=15)  # above the word "mean"
        ax.margins(x=0.08)
        if index % columns:
            ax.set_yticklabels([])
    return drawn[: len(runs)]
