"""A beam search drawn as a tree."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from companion.viz.style import COLORS, INK, PANEL, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DROPPED = "#757C87"
# Parent's number (-1: the begin), symbols so far, last symbol, log probability, whether kept.
Node = tuple[int, int, str, float, bool]


def show_search(nodes: Sequence[Node], path: Sequence[int]) -> "Axes":
    """Draw what a beam search looked at: a row a symbol, in it the likeliest beginning at the left.

    Under each symbol stands the log probability of the beginning that ends with it. Dropped
    beginnings are grey, kept ones dark, and those of `path` (the answer) coloured and thick.

    Args:
        nodes: (parent, depth, symbol, total, kept) each, a parent before its children.
        path: numbers of the nodes of the answer.

    Raises:
        ValueError: there is no node, or one stands before its parent.
    """
    if not nodes:
        raise ValueError("0 nodes: give a search that took a step")
    late = [number for number, node in enumerate(nodes) if node[0] >= number]
    if late:
        raise ValueError(f"nodes {late} stand before their parents: give parents first")
    depth = max(node[1] for node in nodes)
    ranked = {
        d: sorted((n for n, m in enumerate(nodes) if m[1] == d), key=lambda n: -nodes[n][3])
        for d in range(1, depth + 1)
    }
    most = max(map(len, ranked.values()))
    ax = figure(width=1.2 * most + 0.2, height=0.62 * depth + 0.3)[0]
    at: dict[int, tuple[float, float]] = {-1: (0.5, -0.4)}
    answer, kept_on, left = COLORS["vermilion"], INK, DROPPED
    for number, (parent, d, symbol, total, kept) in enumerate(nodes):
        at[number] = (float(ranked[d].index(number)), -d)
        chosen = number in path
        hue = answer if chosen else kept_on if kept else left
        ends = tuple(zip(at[parent], at[number], strict=True))
        ax.plot(*ends, "-", marker="", color=hue, lw=2.4 if chosen else 1.2 if kept else 0.7)
        label = f"{symbol.replace('▁', '')}\n{total:.2f}"
        box = {"facecolor": PANEL, "edgecolor": hue, "boxstyle": "round,pad=0.25"}
        ax.text(*at[number], label, color=hue, ha="center", va="center", fontsize=9, bbox=box)
    for name, hue, wide in (
        ("answer", answer, 2.4),
        ("kept", kept_on, 1.2),
        ("dropped", left, 0.7),
    ):
        ax.plot([], [], "-", marker="", color=hue, lw=wide, label=name)
    ax.legend(loc="upper right", frameon=False, fontsize=9)
    ax.set(xlim=(-0.5, most - 0.5), ylim=(-depth - 0.45, -0.35))
    ax.set_axis_off()
    return ax
