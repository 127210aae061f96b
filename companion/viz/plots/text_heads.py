"""The attention of several heads between symbols, side by side on one scale.

Axes: h heads, q and k symbols.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from companion.viz.plots.alignment import check_alignment, visible
from companion.viz.style import figure, heat_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def show_text_heads(
    weights: Tensor, queries: Sequence[str], keys: Sequence[str], *, name: str = ""
) -> "list[Axes]":
    """Show what each head's queries (rows) take from the keys (columns), one panel a head.

    All panels share the scale from 0 to 1, drawn at the right.

    Args:
        weights: (h, q, k).
        queries: q symbols.
        keys: k symbols.
        name: of the attention, put before the number of the first head.

    Raises:
        ValueError: the weights have no axis of heads, or symbols and weights do not fit.
    """
    if weights.ndim != 3 or not len(weights):
        raise ValueError(
            f"weights have shape {tuple(weights.shape)}: expected (heads, queries, keys)"
        )
    check_alignment(weights[0], keys, queries)
    axes = figure(width=0.5 + 2.0 * len(weights), height=2.35, columns=len(weights))
    for head, ax in enumerate(axes):
        picture = ax.imshow(
            weights[head].detach().cpu().float().numpy(), cmap=heat_map(), vmin=0, vmax=1
        )
        ax.set_xticks(range(len(keys)), [visible(symbol) for symbol in keys])
        ax.set_yticks(range(len(queries)), [visible(symbol) for symbol in queries])
        first = f"{name}, " if name and head == 0 else ""
        ax.set_title(f"{first}head {head + 1}")
        ax.grid(visible=False)
    axes[0].figure.colorbar(picture, ax=axes, label="weight")
    return axes
