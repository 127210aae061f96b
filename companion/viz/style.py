"""One look for all figures: readable on light and dark pages and without colour vision.

The hues are Okabe and Ito's, darkened until lines stand out on the panel. Line styles and markers
differ with the colour, so that no curve is told by hue alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from companion.viz.sharp import DPI, show_sharp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

PANEL, INK, MUTED, GRID = "#FBFAF7", "#1B2430", "#5B6472", "#E3E0D8"
COLORS = {
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#008A64",
    "plum": "#A8558A",
    "slate": "#6B7280",
}
LINES = ["-", "--", "-.", ":", "-"]
MARKERS = ["o", "s", "^", "D", "x"]
HEAT = [PANEL, "#F6D08A", "#E8932F", "#C4511A", "#7A1F24", "#2B0B1E"]
DIVERGING = ["#0072B2", "#8FBBD9", PANEL, "#EBA878", "#D55E00"]


def heat_map() -> "Colormap":
    """The sequential map for attention: from the panel's own colour to near black."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("companion-heat", HEAT)


def diverging_map() -> "Colormap":
    """The map for signed values: blue below zero, the panel at zero, vermilion above."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("companion-diverging", DIVERGING)


@contextmanager
def style() -> Iterator[None]:
    """Draw in the book's style inside the `with` block; matplotlib's settings stay as they were."""
    import matplotlib
    from cycler import cycler

    settings: dict[Any, Any] = {
        "figure.facecolor": PANEL,
        "axes.facecolor": PANEL,
        "savefig.facecolor": PANEL,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "axes.labelsize": 9,
        "axes.edgecolor": MUTED,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": GRID,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "font.size": 9,
        "font.family": "DejaVu Sans",
        "lines.linewidth": 1.8,
        "lines.markersize": 4,
        "figure.dpi": DPI,
        "savefig.dpi": DPI,
        "axes.prop_cycle": cycler(color=list(COLORS.values()))
        + cycler(linestyle=LINES)
        + cycler(marker=MARKERS),
    }
    show_sharp()
    # Not rc_context: it would also put back what a notebook's backend sets while a figure is made,
    # and no later figure would be shown.
    before = {name: matplotlib.rcParams[name] for name in settings}
    matplotlib.rcParams.update(settings)
    try:
        yield
    finally:
        matplotlib.rcParams.update(before)


def figure(*, width: float = 6.4, height: float = 3.2, columns: int = 1) -> list["Axes"]:
    """A figure in the book's style, in inches: the Axes, left to right, ready for the plots.

    Raises:
        ValueError: no columns are asked for.
    """
    import matplotlib.pyplot as plt

    if columns < 1:
        raise ValueError(f"columns={columns} must be at least 1")
    with style():
        _, axes = plt.subplots(
            1, columns, figsize=(width, height), layout="constrained", squeeze=False
        )
    # A notebook's first figure starts matplotlib's backend, which sets its own way to show them.
    show_sharp()
    return list(axes[0])
