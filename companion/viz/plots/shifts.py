"""How well models still answer when their images are moved, one map a model.

Axes: v u displacements down and to the right.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import Tensor

from companion.viz.plots.panels import panels
from companion.viz.style import INK, PANEL, heat_map, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def show_shifts(
    shares: Mapping[str, Tensor], *, label: str, columns: int = 3, step: int = 2
) -> list["Axes"]:
    """Show a map (v, u) of shares for each named model; in its middle nothing is moved.

    All have one scale, from 0 to 1, drawn below. Where nothing is moved stands a dot.

    Args:
        shares: of right answers, by displacement from -r to r pixels in both directions.
        label: of the scale.
        columns: maps beside each other.
        step: pixels between the numbers on the axes.

    Raises:
        ValueError: there is no map, or one is not square with a middle.
    """
    wrong = {n: tuple(s.shape) for n, s in shares.items() if s.ndim != 2 or len(set(s.shape)) > 1}
    even = {name: tuple(s.shape) for name, s in shares.items() if s.shape[0] % 2 == 0}
    if not shares or wrong or even:
        raise ValueError(f"maps {wrong | even or 'none'}: give (2r + 1, 2r + 1) numbers for each")
    rows = -(-len(shares) // columns)
    axes = panels(rows, columns, height=0.75 + 1.75 * rows)
    for ax in axes[len(shares) :]:
        ax.set_axis_off()
    for index, (ax, (name, map)) in enumerate(zip(axes, shares.items(), strict=False)):
        reach = len(map) // 2
        edge = (-reach - 0.5, reach + 0.5, reach + 0.5, -reach - 0.5)
        picture = ax.imshow(
            map.numpy(), extent=edge, cmap=heat_map(), vmin=0, vmax=1, interpolation="nearest"
        )
        ax.plot([0], [0], "o", color=PANEL if map[reach, reach] > 0.5 else INK, markersize=4)
        ticks = range(-reach, reach + 1, step)
        ax.set_xticks(ticks, list(map_labels(ticks)))
        ax.set_yticks(ticks, list(map_labels(ticks)))
        ax.grid(visible=False)
        ax.set_title(name, fontsize=9)
        if index % columns == 0:
            ax.set_ylabel("down, pixels")
        if index + columns >= len(shares):
            ax.set_xlabel("right, pixels")
    with style():
        bar = axes[0].figure.colorbar(
            picture, ax=axes, location="bottom", shrink=0.6, aspect=30, label=label
        )
        bar.outline.set_visible(False)
    return axes


def map_labels(ticks: range) -> list[str]:
    """Displacements with a real minus sign."""
    return [f"{tick}".replace("-", "\N{MINUS SIGN}") for tick in ticks]
