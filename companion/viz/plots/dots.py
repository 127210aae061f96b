"""One dot a run: what several seeds found, with nothing averaged away."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from companion.viz.plots.tiles import one_axes
from companion.viz.style import COLORS, INK, MUTED, PANEL, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def show_dots(
    runs: Mapping[str, Sequence[float]],
    *,
    x_label: str,
    colors: Mapping[str, str] | None = None,
    reference: float | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw a row of dots for each name, one a run, with a bar at their mean.

    The mean is printed at the right. `colors` gives a name one of `COLORS` or any of matplotlib's;
    `reference` is a value marked by a line through all rows, such as no effect.

    Raises:
        ValueError: there is no row, a row has no run, or a colour is unknown.
    """
    from matplotlib.colors import is_color_like

    empty = [name for name, values in runs.items() if not len(values)]
    if not runs or empty:
        raise ValueError(f"rows {empty or 'none'} have 0 runs: give each at least one")
    unknown = set((colors or {}).values()) - set(COLORS)
    if unknown := {name for name in unknown if not is_color_like(name)}:
        raise ValueError(f"colours {sorted(unknown)} are unknown: give of {', '.join(COLORS)}")
    ax = one_axes(ax, 6.4, 0.6 + 0.27 * len(runs))
    with style():
        if reference is not None:
            ax.axvline(reference, color=MUTED, lw=1, ls="--", marker="", zorder=1)
        for row, (name, values) in enumerate(runs.items()):
            wanted = (colors or {}).get(name, "blue")
            hue = COLORS.get(wanted, wanted)
            mean = sum(values) / len(values)
            ax.plot([mean, mean], [row - 0.3, row + 0.3], "-", color=hue, lw=2.4, marker="")
            (dots,) = ax.plot(list(values), [row] * len(values), "o")
            dots.set(color=hue, markersize=7, alpha=0.75, markeredgecolor=PANEL)
            place = ax.get_yaxis_transform()
            ax.text(1.01, row, f"{mean:.1f}", transform=place, va="center", fontsize=8.5, color=INK)
        ax.set_yticks(range(len(runs)), list(runs), fontsize=9, color=INK)
        ax.set_ylim(len(runs) - 0.4, -0.6)
        ax.text(1.01, -0.6, "mean", transform=place, va="bottom", fontsize=8, color=MUTED)
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="y", visible=False)
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(x_label)
    return ax
