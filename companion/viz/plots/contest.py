"""Models in a contest: what each costs and is worth, and what is left when images get worse."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from companion.viz.plots.panels import panels
from companion.viz.style import COLORS, MUTED, PANEL, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Mark(NamedTuple):
    """How a model is drawn throughout: one of `COLORS` or any of matplotlib's, and a marker."""

    color: str
    marker: str

    @property
    def hue(self) -> str:
        """The colour as matplotlib takes it."""
        return COLORS.get(self.color, self.color)


def show_fading(
    kept: Mapping[str, Mapping[str, Sequence[Sequence[float]]]],
    *,
    strengths: Mapping[str, Sequence[str]],
    marks: Mapping[str, Mark],
    y_label: str,
    chance: float | None = None,
) -> list["Axes"]:
    """Draw a panel for each kind of damage: a line a model, through the means of its runs.

    Thin bars reach from the worst run to the best. All panels have one vertical scale; the names
    stand once, below.

    Args:
        kept: title -> model -> one sequence a run, such as one a seed, of a value a strength.
        strengths: title -> what stands below the values, weakest first.
        marks: how each model is drawn.
        y_label: of the values.
        chance: a level marked in every panel.

    Raises:
        ValueError: there is no panel, a model has no mark, or no run of that length.
    """
    names = list(dict.fromkeys(name for models in kept.values() for name in models))
    _require_marks(names, marks)
    for title, models in kept.items():
        for name, runs in models.items():
            lengths = sorted({len(run) for run in runs} - {len(strengths[title])})
            if not runs or lengths:
                raise ValueError(
                    f"{title}, {name}: {len(runs)} runs of {lengths or 'no'} values for "
                    f"{len(strengths[title])} strengths: give at least one run, a value each"
                )
    lines = -(-len(kept) // 2)
    drawn = panels(lines, 2, height=0.7 + 2.05 * lines)
    for index, (ax, (title, models)) in enumerate(zip(drawn, kept.items(), strict=False)):
        with style():
            if chance is not None:
                ax.axhline(chance, color=MUTED, ls=":", lw=1.2, marker="")
            for order, (name, runs) in enumerate(models.items()):
                _line(ax, runs, marks[name], shift=0.05 * (order - (len(models) - 1) / 2))
            ax.set_xticks(range(len(strengths[title])), list(strengths[title]))
            ax.set_title(title, fontsize=9.5, loc="left")
            ax.sharey(drawn[0])
            if index % 2 == 0:
                ax.set_ylabel(y_label)
    _legend(drawn[0], names, marks)
    return drawn[: len(kept)]


def _line(ax: "Axes", runs: Sequence[Sequence[float]], mark: Mark, *, shift: float) -> None:
    columns = list(zip(*runs, strict=True))
    means = [sum(each) / len(each) for each in columns]
    places = [place + shift for place in range(len(means))]
    ends = [[m - min(c) for m, c in zip(means, columns, strict=True)],
            [max(c) - m for m, c in zip(means, columns, strict=True)]]  # fmt: skip
    drawn = ax.errorbar(places, means, yerr=ends, elinewidth=1, fmt="-", lw=1.3)
    drawn[0].set(color=mark.hue, marker=mark.marker, markersize=5, markeredgecolor=PANEL)
    for bar in drawn[2]:
        bar.set(color=mark.hue, alpha=0.6)


def show_pareto(
    points: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]],
    *,
    marks: Mapping[str, Mark],
    y_label: str,
) -> list["Axes"]:
    """Draw what models are worth against what they cost, a panel for each price.

    A dot a run; the larger one is the mean. The grey steps join the means that no other model
    beats at a lower or equal price. The names stand once, below.

    Args:
        points: price, as the axis names it -> model -> (price, worth) of each run.
        marks: how each model is drawn.
        y_label: the worth.

    Raises:
        ValueError: there is no panel, a model has no mark, or no run.
    """
    from matplotlib.ticker import MaxNLocator

    names = list(dict.fromkeys(name for models in points.values() for name in models))
    _require_marks(names, marks)
    drawn = panels(1, len(points), height=3.5)
    for ax, (price, models) in zip(drawn, points.items(), strict=True):
        means = {}
        with style():
            for name, runs in models.items():
                xs, ys = zip(*runs, strict=True)
                means[name] = sum(xs) / len(xs), sum(ys) / len(ys)
                mark = marks[name]
                look: dict[str, Any] = {
                    "color": mark.hue,
                    "marker": mark.marker,
                    "ls": "",
                    "mec": PANEL,
                }
                ax.plot(xs, ys, markersize=4, alpha=0.5, **look)
                ax.plot(*[[value] for value in means[name]], markersize=8, **look)
            best = frontier(means)
            ax.step(
                [means[n][0] for n in best], [means[n][1] for n in best],
                where="post", color=MUTED, lw=1, ls="--", marker="", zorder=1,
            )  # fmt: skip
            ax.set_xlabel(price)
            ax.margins(0.12)
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
            ax.sharey(drawn[0])
    drawn[0].set_ylabel(y_label)
    _legend(drawn[0], names, marks)
    return drawn


def frontier(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """The names that no other beats: none is at most as dear and worth more, or cheaper and equal.

    `points` are (price, worth); the cheapest comes first.
    """
    found: list[str] = []
    best = -float("inf")
    for name, (_, worth) in sorted(points.items(), key=lambda item: (item[1][0], -item[1][1])):
        if worth > best:
            found.append(name)
            best = worth
    return found


def _require_marks(names: Sequence[str], marks: Mapping[str, Mark]) -> None:
    missing = [name for name in names if name not in marks]
    if not names or missing:
        raise ValueError(f"models {missing or 'none'} to draw without a mark: give one to each")


def _legend(ax: "Axes", names: Sequence[str], marks: Mapping[str, Mark]) -> None:
    from matplotlib.lines import Line2D

    keys = [
        Line2D([], [], color=marks[n].hue, marker=marks[n].marker, ls="", mec=PANEL, label=n)
        for n in names
    ]
    with style():
        ax.figure.legend(handles=keys, loc="outside lower center", ncols=3, handletextpad=0.2)
