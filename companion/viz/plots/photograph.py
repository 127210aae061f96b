"""A photograph as a Vision Transformer takes it in: cut, set apart, and one row as words.

Axes letters: n patches, c channels, y and x of the image, p and q of a patch.
"""

from typing import TYPE_CHECKING

from einops import rearrange
from torch import Tensor

from companion.viz.plots.tiles import as_rgb, bare, one_axes, rgb_of, tile
from companion.viz.style import COLORS, INK, MUTED, PANEL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Box = tuple[float, float, float, float]  # left, top, width and height, in hundredths of the figure
WHOLE, APART, BELOW = (0, 6, 48, 48), (52, 6, 48, 48), (0, 61, 100, 0)


def show_cut(image: Tensor, patch_size: int, *, row: int = 0, ax: "Axes | None" = None) -> "Axes":
    """Show a square image (c, y, x) under its grid, its patches apart, and one row as words.

    The words carry their numbers in reading order, from 1; `row` is theirs, framed above.

    Raises:
        ValueError: the image is not square or not divisible by `patch_size`, or has no such row.
    """
    size = image.shape[-1]
    if patch_size < 1 or image.shape[-2] != size or size % patch_size:
        raise ValueError(
            f"patches of {patch_size} pixels do not tile a square of {tuple(image.shape[-2:])}"
        )
    count, gap = size // patch_size, max(1, patch_size // 4)
    if not 0 <= row < count:
        raise ValueError(f"row={row}: the image has {count} rows of patches")
    pixels = as_rgb(image[None])[0]
    cut = rearrange(pixels, "(y p) (x q) c -> (y x) p q c", p=patch_size, q=patch_size)
    words = tile(cut[row * count : (row + 1) * count], count, gap, rgb_of(PANEL))
    ax = one_axes(ax, 7.4, 5.2)
    _place(ax, pixels, WHOLE)
    _place(ax, tile(cut, count, gap, rgb_of(PANEL)), APART)
    left, top, width, _ = BELOW
    high = width * words.shape[0] / words.shape[1]
    _place(ax, words, (left, top, width, high))
    _grid(ax, count)
    for (x, y, wide, _), between in ((WHOLE, 0), (APART, gap)):
        pixel = wide / (size + between * (count - 1))
        down = y + row * (patch_size + between) * pixel
        _frame(ax, (x - 0.4, down - 0.4, wide + 0.8, patch_size * pixel + 0.8))
    _write(ax, 24, 5, f"{size} × {size} pixels", bold=True)
    _write(ax, 76, 5, f"{len(cut)} patches of {patch_size} × {patch_size}", bold=True)
    _write(ax, 50, 60, f"row {row + 1} as {count} words, numbered as the model reads", bold=True)
    for i in range(count):
        center = (i * (patch_size + gap) + patch_size / 2) * width / words.shape[1]
        _write(ax, center, top + high + 3, str(row * count + i + 1))
    ax.set(xlim=(-1, 101), ylim=(top + high + 4, 1.5), aspect="equal")
    bare(ax)
    return ax


def _place(ax: "Axes", pixels: Tensor, box: Box) -> None:
    left, top, width, height = box
    place = (left, left + width, top + height, top)
    ax.imshow(pixels.numpy(), extent=place, interpolation="nearest")


def _grid(ax: "Axes", count: int) -> None:
    left, top, width, height = WHOLE
    for i in range(1, count):
        x, y = left + i * width / count, top + i * height / count
        for across, down in (([x, x], [top, top + height]), ([left, left + width], [y, y])):
            ax.plot(across, down, color=PANEL, lw=0.8, ls="-", marker="")


def _frame(ax: "Axes", box: Box) -> None:
    from matplotlib.patches import Rectangle

    left, top, width, height = box
    frame = Rectangle((left, top), width, height, fill=False, lw=2.2, zorder=3)
    frame.set_edgecolor(COLORS["vermilion"])
    ax.add_patch(frame)


def _write(ax: "Axes", x: float, y: float, text: str, *, bold: bool = False) -> None:
    weight, colour = ("bold", INK) if bold else ("normal", MUTED)
    ax.text(x, y, text, ha="center", va="bottom", fontsize=9, fontweight=weight, color=colour)
