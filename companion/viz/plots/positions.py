"""Vectors that say where a token stands: all of them, some of their numbers, and their products.

Axes: n places, d numbers of a place's vector.
"""

from typing import TYPE_CHECKING

from torch import Tensor

from companion.viz.plots.curves import show_curves
from companion.viz.plots.panels import panels
from companion.viz.style import diverging_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 4


def show_positions(table: Tensor) -> "list[Axes]":
    """Show the vectors (n, d) of n places: a table, four of its rows as waves, dot products.

    The table has a column for each place. The products are those of the first place, and of the
    one in the middle, with all that come after it, by distance.

    Raises:
        ValueError: the table has another shape, or vectors of fewer than eight numbers.
    """
    if table.ndim != 2 or table.shape[1] < 2 * SHOWN or len(table) < 2:
        raise ValueError(
            f"table has shape {tuple(table.shape)}: expected (n, d), n at least 2 and d at least 8"
        )
    shown = table.detach().cpu().float()
    count, dim = shown.shape
    top, middle, low = panels(3, height=7.6)
    picture = top.imshow(shown.T.numpy(), cmap=diverging_map(), vmin=-1, vmax=1, aspect="auto")
    top.set(title=f"all {dim} numbers", ylabel="number")
    top.grid(visible=False)
    bar = top.figure.colorbar(picture, ax=top, location="top", aspect=40, label="value")
    bar.outline.set_visible(False)
    chosen = [dim // 8 * i for i in range(SHOWN)]
    waves = {f"number {i}": shown[:, i].tolist() for i in chosen}
    show_curves(waves, x=range(count), x_label="place", y_label="value", ax=middle)
    middle.set(title="four of them", xlim=(-0.5, count - 0.5))
    for line in middle.lines:
        line.set_marker("")
    for first, kind in ((0, "-"), (count // 2, "--")):
        products = shown[first:] @ shown[first]
        low.plot(products.tolist(), kind, marker="", label=f"from place {first}")
    low.set(title="two places", xlabel="distance", ylabel="dot product", ylim=(0, None))
    low.legend(frameon=False)
    return [top, middle, low]
