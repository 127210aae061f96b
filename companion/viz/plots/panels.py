"""Panels below each other: a column of them can be read on a phone."""

from typing import TYPE_CHECKING

from companion.viz.style import figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 5.0  # inches: what a phone shows without scrolling


def panels(
    rows: int, columns: int = 1, *, height: float = 3.2, width: float = WIDTH, share_x: bool = False
) -> list["Axes"]:
    """Empty panels in the book's style, in reading order.

    Args:
        rows: panels below each other.
        columns: panels beside each other.
        height: of the whole figure, in inches.
        width: of the whole figure, in inches.
        share_x: whether all have one horizontal axis, with its labels under the last row alone.

    Raises:
        ValueError: there is no row or no column.
    """
    if min(rows, columns) < 1:
        raise ValueError(f"rows={rows}, columns={columns}: give at least one of each")
    (whole,) = figure(width=width, height=height)
    drawn = whole.figure
    whole.remove()
    with style():
        grid = drawn.subplots(rows, columns, squeeze=False, sharex=share_x)
    return list(grid.flat)
