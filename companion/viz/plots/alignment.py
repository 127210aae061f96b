"""Which input symbol did each output symbol look at? Plots of a decoder's attention.

Axes: b batch, h heads, t target steps, s source positions.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from companion.inspection.record import AttentionMap
from companion.viz.animation import Animation, animate
from companion.viz.style import COLORS, INK, MUTED, figure, heat_map, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def alignment_matrix(maps: Sequence[AttentionMap]) -> Tensor:
    """A decoder's maps of one query each, step by step, as one matrix: (b, t, s), heads averaged.

    Raises:
        ValueError: there is no map, a map is not about one query, or sources differ in length.
    """
    shapes = {tuple(attention.weights.shape) for attention in maps}
    if len(shapes) != 1 or next(iter(shapes))[2] != 1:
        raise ValueError(
            f"{len(maps)} maps of shapes {sorted(shapes)}: expected one for each step, all of "
            "shape (b, h, 1, s)"
        )
    return torch.cat([attention.weights for attention in maps], dim=2).mean(dim=1)


def show_alignment(
    weights: Tensor,
    source: Sequence[str],
    target: Sequence[str],
    *,
    known: Tensor | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Show how much each target symbol (a row) takes from each source symbol (a column).

    Args:
        weights: (t, s), from 0 (the paper's colour) to 1 (near black).
        source: s symbols.
        target: t symbols.
        known: (t, s), True where the right alignment is; those places are framed.
        ax: where to draw; a figure that fits where it is not given.

    Raises:
        ValueError: the numbers of symbols do not fit the weights, or `known` has another shape.
    """
    check_alignment(weights, source, target)
    if known is not None and known.shape != weights.shape:
        raise ValueError(
            f"known alignment of shape {tuple(known.shape)} for weights {tuple(weights.shape)}"
        )
    if ax is None:
        ax = figure(width=0.9 + 0.24 * len(source), height=0.8 + 0.24 * len(target))[0]
    from matplotlib.patches import Rectangle

    shown = weights.detach().cpu().float()
    ax.imshow(shown.numpy(), cmap=heat_map(), vmin=0, vmax=1, aspect="equal")
    ax.set_xticks(range(len(source)), [visible(symbol) for symbol in source])
    ax.set_yticks(range(len(target)), [visible(symbol) for symbol in target])
    ax.tick_params(length=0, labelsize=9, labelcolor=INK, top=True, labeltop=True)
    ax.tick_params(bottom=False, labelbottom=False)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    if known is not None:
        for t, s in known.nonzero().tolist():
            ax.add_patch(Rectangle((s - 0.5, t - 0.5), 1, 1, fill=False, ec=MUTED, lw=0.9))
    with style():
        ax.set_xlabel("source")
        ax.set_ylabel("written")
    return ax


def animate_decoding(
    weights: Tensor,
    source: Sequence[str],
    target: Sequence[str],
    *,
    seconds: float = 0.7,
    description: str,
) -> Animation:
    """Show a target being written, symbol by symbol, with lines to where each step looks.

    The still picture has the lines of all steps.

    Args:
        weights: (t, s), each row the attention of one step.
        source: s symbols, the upper row.
        target: t symbols, the lower row.
        seconds: for which each step is shown.
        description: what is to be seen, for whoever cannot see it.

    Raises:
        ValueError: the numbers of symbols do not fit the weights, or as `animate`.
    """
    check_alignment(weights, source, target)
    rows = weights.detach().cpu().float().tolist()
    steps = range(len(target))
    frames = [_lines(rows, source, target, [step]) for step in steps]
    still = _lines(rows, source, target, steps)
    return animate(frames, still, seconds=seconds, description=description)


def _lines(
    rows: list[list[float]], source: Sequence[str], target: Sequence[str], steps: Sequence[int]
) -> "Figure":
    """What is written up to the last of `steps`, and lines to where these steps look."""
    width = max(len(source), len(target))
    ax = figure(width=0.9 + 0.27 * width, height=2.3)[0]
    shift = (len(source) - len(target)) / 2
    for step in steps:
        for place, weight in enumerate(rows[step]):
            if weight > 0.02:
                (line,) = ax.plot([place, step + shift], [0.86, 0.14], "-", marker="")
                line.set(color=COLORS["vermilion"], lw=0.5 + 3.5 * weight)
                line.set_alpha(min(1.0, 0.15 + weight))
    for place, symbol in enumerate(source):
        ax.text(place, 1, visible(symbol), ha="center", va="center", color=INK, fontsize=12)
    for place in range(steps[-1] + 1):
        new = len(steps) == 1 and place == steps[-1]
        text = ax.text(place + shift, 0, visible(target[place]), ha="center", va="center")
        text.set(color=INK, fontsize=12, fontweight="bold" if new else "normal")
    for height, name in ((1, "read"), (0, "written")):
        ax.text(-1, height, name, ha="right", va="center", color=MUTED, fontsize=9)
    ax.set(xlim=(-3.2, width), ylim=(-0.25, 1.25))
    ax.set_axis_off()
    return cast("Figure", ax.figure)


def check_alignment(weights: Tensor, source: Sequence[str], target: Sequence[str]) -> None:
    """Refuse weights that do not fit the symbols. Raises `ValueError` with the numbers."""
    if weights.ndim != 2 or weights.shape != (len(target), len(source)) or not weights.numel():
        raise ValueError(
            f"weights have shape {tuple(weights.shape)} for {len(target)} target and "
            f"{len(source)} source symbols: expected ({len(target)}, {len(source)})"
        )


def visible(symbol: str) -> str:
    """A symbol as a label: a space would not be seen."""
    return "␣" if symbol == " " else symbol
