"""One query after another: how a map changes with the patch that asks.

Axes: q queries, y x cells of a map, o objects, v u pixels.
"""

from collections.abc import Sequence

from torch import Tensor

from companion.viz.animation import Animation, animate
from companion.viz.plots.map_table import show_map
from companion.viz.plots.overlays import state_scale
from companion.viz.style import figure


def animate_walk(
    rows: Tensor,
    masks: Tensor,
    steps: Sequence[tuple[int, int]],
    *,
    still: tuple[int, int],
    description: str,
    seconds: float = 0.5,
) -> Animation:
    """Let the query walk over the patches: its map at every step, all on one scale.

    Args:
        rows: the map of each patch, in the order of the patches: (q, y, x), q = y * x.
        masks: what is outlined on the maps: (o, v, u).
        steps: the patches of the walk, each (row, column).
        still: the patch shown to readers who want no motion.
        description: what is to be seen, for whoever cannot see it.
        seconds: for which each step is shown.

    Raises:
        ValueError: there are not as many maps as patches, or a step is not on the grid.
    """
    if rows.ndim != 3 or len(rows) != rows.shape[1] * rows.shape[2]:
        raise ValueError(f"rows of shape {tuple(rows.shape)}: give (y * x, y, x), a map a patch")
    columns = rows.shape[2]
    wrong = [
        (y, x) for y, x in (*steps, still) if not (0 <= y < rows.shape[1] and 0 <= x < columns)
    ]
    if wrong:
        raise ValueError(f"steps {wrong} are not on a grid of {rows.shape[1]}x{columns}")
    top = max(float(rows[y * columns + x].max()) for y, x in (*steps, still))

    def frame(y: int, x: int):  # type: ignore[no-untyped-def]
        heat = rows[y * columns + x]
        ax = show_map(heat, masks, asked=(y, x), top=top, ax=figure(width=2.9, height=3.0)[0])
        state_scale(ax, heat, top)
        return ax.figure

    frames = [frame(y, x) for y, x in steps]
    return animate(frames, frame(*still), seconds=seconds, description=description)
