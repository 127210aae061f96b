"""Curves, and the range of several runs of each."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from companion.viz.plots.tiles import one_axes
from companion.viz.style import COLORS, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def show_curves(
    curves: Mapping[str, Sequence[float]],
    *,
    x: Sequence[float] | Mapping[str, Sequence[float]] | None = None,
    x_label: str,
    y_label: str,
    colors: Mapping[str, str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw named curves, each labelled at its end, told apart by colour, line and marker.

    `x` holds the places of the values: one sequence for all curves or one for each by name;
    where it is not given, they count from 1. `colors` gives some curves a colour by name, one of
    `COLORS` or any of matplotlib's, so that a model keeps its own from figure to figure.

    Raises:
        ValueError: there is no curve, one is empty or has another length than its `x`, or a colour
            is none.
    """
    from matplotlib.colors import is_color_like

    for wanted in (colors or {}).values():
        if wanted not in COLORS and not is_color_like(wanted):
            raise ValueError(f"colour {wanted!r} is unknown: give one of {', '.join(COLORS)}")
    if not curves:
        raise ValueError("there are no curves to show")
    empty = [name for name, values in curves.items() if len(values) == 0]
    if empty:
        raise ValueError(f"curves {empty} have 0 values: give each at least one, or leave it out")
    ax = one_axes(ax, 6.4, 3.0)
    ends = []
    with style():
        for name, values in curves.items():
            given = x[name] if isinstance(x, Mapping) else x
            places = list(range(1, len(values) + 1)) if given is None else list(given)
            if len(places) != len(values):
                raise ValueError(
                    f"curve {name!r} has {len(values)} values for {len(places)} places"
                )
            (line,) = ax.plot(places, values, markevery=max(1, len(values) // 8))
            if colors and name in colors:
                line.set_color(COLORS.get(colors[name], colors[name]))
            ends.append((values[-1], places[-1], name, line.get_color()))
        ax.set_xlabel(x_label)
        ax.set_ylabel(y_label)
    low, high = ax.get_ylim()
    step, below = (high - low) * 0.075, -float("inf")
    for value, place, name, color in sorted(ends):
        below = max(value, below + step)
        ax.annotate(
            name,
            (place, below),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=color,
            annotation_clip=False,
        )
    return ax


def show_ranges(
    runs: Mapping[str, Sequence[Sequence[float]]],
    *,
    x: Sequence[float],
    x_label: str,
    y_label: str,
    colors: Mapping[str, str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the mean of several runs of each named curve, and shade from the least to the most.

    `runs` holds for each name one sequence a run, such as one a seed; `x` the places of the values;
    `colors` are as in `show_curves`.

    Raises:
        ValueError: there is no curve, one has no run, or a run has another length than `x`.
    """
    for name, curves in runs.items():
        lengths = sorted({len(curve) for curve in curves} - {len(x)})
        if not curves or lengths:
            raise ValueError(
                f"curve {name!r} has {len(curves)} runs of {lengths or 'no'} values for "
                f"{len(x)} places: give at least one run, each with a value for every place"
            )
    values = {name: list(zip(*curves, strict=True)) for name, curves in runs.items()}
    means = {name: [sum(at) / len(at) for at in places] for name, places in values.items()}
    ax = show_curves(means, x=x, x_label=x_label, y_label=y_label, colors=colors, ax=ax)
    for line, places in zip(ax.get_lines(), values.values(), strict=False):
        low, high = (list(map(end, places)) for end in (min, max))
        ax.fill_between(x, low, high, color=line.get_color(), alpha=0.18, linewidth=0)
    return ax
