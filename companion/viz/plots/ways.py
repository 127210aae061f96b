"""Networks as graphs: who reads whom, and how far it is from one node to another."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from companion.viz.style import INK, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Node = tuple[int, int]  # layer and place
Link = tuple[Node, Node]


def show_ways(networks: Mapping[str, Sequence[Link]], letters: Sequence[str]) -> "list[Axes]":
    """Show each network's links, and the shortest way from its first letter to its last node.

    A node is (layer, place); letters are layer 0, at places 0, 1, and so on. The last node is that
    at the last letter's place in the highest layer. Panels are titled with the number of steps.

    Args:
        networks: names, and the links of each from node to node.
        letters: what stands below.

    Raises:
        ValueError: there is no network, or no way through one.
    """
    if not networks:
        raise ValueError("there are 0 networks: give at least one")
    last = len(letters) - 1
    tops = {name: max((b[0] for _, b in links), default=0) for name, links in networks.items()}
    ways = {name: shortest(networks[name], (0, 0), (tops[name], last)) for name in networks}
    axes = figure(width=0.4 + 2.4 * len(networks), height=2.6, columns=len(networks))
    for (name, links), ax in zip(networks.items(), axes, strict=True):
        for (low, start), (high, end) in links:
            ax.plot([start, end], [low, high], "-", color="#B9B4A8", lw=1)
            ax.plot([start, end], [low, high], "o", color="#8A93A0", ms=4)
        rows, columns = zip(*ways[name], strict=True)
        ax.plot(columns, rows, "-o", color=INK, lw=3, ms=7)
        ax.set_xticks(range(len(letters)), letters)
        top, steps = tops[name], len(rows) - 1
        ax.set(yticks=range(top + 1), ylim=(-0.15 * top, 1.15 * top))
        ax.set_title(f"{name}: {steps} step{'s' if steps > 1 else ''}")
        ax.grid(visible=False)
    axes[0].set(xlabel="letter", ylabel="layer")
    return axes


def shortest(links: Sequence[Link], start: Node, end: Node) -> list[Node]:
    """The nodes on a shortest way along the links, both ends with it.

    Raises:
        ValueError: no way leads there.
    """
    came: dict[Node, Node] = {start: start}
    queue = deque([start])
    while queue and end not in came:
        node = queue.popleft()
        for before, after in links:
            if before == node and after not in came:
                came[after] = node
                queue.append(after)
    if end not in came:
        raise ValueError(f"no way leads from node {start} to node {end} along {len(links)} links")
    way = [end]
    while way[-1] != start:
        way.append(came[way[-1]])
    return way[::-1]
