"""The attention of several heads between symbols, all panels on one scale.

Axes: h heads, q and k symbols.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from companion.viz.plots.alignment import check_alignment, visible
from companion.viz.plots.panels import panels
from companion.viz.style import INK, heat_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Heads = tuple[Tensor, Sequence[str], Sequence[str]]
"""Weights (h, q, k), the symbols that ask and those that are attended to."""


def show_text_heads(maps: Mapping[str, Heads]) -> "list[Axes]":
    """Show what each head's queries (rows) take from the keys (columns of a panel).

    A column of panels for each named attention, a row for each head, in reading order. All share
    the scale from 0 to 1, drawn below. Keys stand below the last panel of a column.

    Raises:
        ValueError: there is no attention, their numbers of heads differ, weights have no axis of
            heads, or symbols and weights do not fit.
    """
    shapes = {name: tuple(weights.shape) for name, (weights, _, _) in maps.items()}
    counts = {shape[0] for shape in shapes.values() if len(shape) == 3}
    if len(counts) != 1 or any(len(shape) != 3 for shape in shapes.values()):
        raise ValueError(
            f"weights have shapes {shapes}: expected (heads, queries, keys), as many heads in each"
        )
    for weights, queries, keys in maps.values():
        check_alignment(weights[0], keys, queries)
    (heads,) = counts
    height = 0.8 + 1.42 * heads
    axes = panels(heads, len(maps), width=0.2 + 1.6 * len(maps), height=height)
    for column, (name, (weights, queries, keys)) in enumerate(maps.items()):
        own = axes[column :: len(maps)]
        own[0].set_title(name, fontsize=10)
        for head, ax in enumerate(own):
            shown = weights[head].detach().cpu().float().numpy()
            picture = ax.imshow(shown, cmap=heat_map(), vmin=0, vmax=1)
            ax.set_yticks(range(len(queries)), [visible(symbol) for symbol in queries])
            ax.set_xticks(range(len(keys)), [visible(symbol) for symbol in keys])
            ax.tick_params(length=0, labelcolor=INK, labelbottom=ax is own[-1])
            ax.grid(visible=False)
    for head in range(heads):
        axes[head * len(maps)].set_ylabel(f"head {head + 1}")
    bar = axes[0].figure.colorbar(
        picture, ax=axes, location="bottom", shrink=0.6, aspect=30, label="weight"
    )
    bar.outline.set_visible(False)
    return axes
