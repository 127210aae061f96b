"""What plots of images share: pixels as colours, tiles laid out in rows, labels above them.

Axes letters: n images, c channels, y and x image.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from einops import rearrange
from torch import Tensor

from companion.viz.style import INK, PANEL, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def one_axes(ax: "Axes | None", width: float, height: float) -> "Axes":
    """`ax`, or the only axes of a new figure of this size in inches."""
    return figure(width=width, height=height)[0] if ax is None else ax


def bare(ax: "Axes") -> None:
    """Take away ticks, grid and frame."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def tile(images: Tensor, columns: int, gap: int, fill: Tensor) -> Tensor:
    """Lay images (n, y, x, c) out in rows with gaps between: (rows, columns, c)."""
    n, height, width, channels = images.shape
    rows = -(-n // columns)
    canvas = fill.expand(rows * (height + gap) - gap, columns * (width + gap) - gap, channels)
    canvas = canvas.clone()
    for index, image in enumerate(images):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        canvas[top : top + height, left : left + width] = image
    return canvas


def as_rgb(images: Tensor) -> Tensor:
    """(n, c, y, x) in [0, 1] -> (n, y, x, 3). One channel becomes ink on paper.

    Raises:
        ValueError: the images have another shape.
    """
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"images have shape {tuple(images.shape)}: expected (n, 1 or 3, y, x)")
    pixels = rearrange(images.detach().cpu().float(), "n c y x -> n y x c").clamp(0, 1)
    if pixels.shape[-1] == 3:
        return pixels
    paper, ink = rgb_of(PANEL) * 0.97, rgb_of(INK)
    return paper + pixels * (ink - paper)


def rgb_of(name: str) -> Tensor:
    """A colour's red, green and blue from 0 to 1: (3,)."""
    from matplotlib.colors import to_rgb

    return torch.tensor(to_rgb(name))


def draw_tiles(ax: "Axes | None", tiles: Tensor, columns: int, gap: int, fill: str) -> "Axes":
    """Draw tiles (n, y, x, c) in rows; a figure made for them fits them without waste."""
    canvas = tile(tiles, columns, gap, rgb_of(fill))
    width = 0.8 * columns
    ax = one_axes(ax, width, width * (canvas.shape[0] + gap) / canvas.shape[1])
    ax.imshow(canvas.numpy(), interpolation="nearest")
    bare(ax)
    return ax


def write_labels(
    ax: "Axes", labels: Sequence[str], size: int, columns: int, gap: int, fontsize: int = 8
) -> None:
    """Write a label above each tile, and make room above the first row."""
    for index, label in enumerate(labels):
        row, column = divmod(index, columns)
        ax.text(
            column * (size + gap) + size / 2 - 0.5,
            row * (size + gap) - 0.5 - gap * 0.1,
            label,
            ha="center",
            va="bottom",
            fontsize=fontsize,
            color=INK,
        )
    ax.set_ylim(ax.get_ylim()[0], -0.5 - gap)
