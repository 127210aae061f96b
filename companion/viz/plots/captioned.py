"""Pictures with what is said about them below, large enough to be read on a phone.

Axes: n pictures, c channels, y x pixels, t ids of words.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from companion.viz.plots.tiles import as_rgb, bare
from companion.viz.style import COLORS, INK, figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from companion.data.scenes.captions import Words

WIDTH, GAP, POINTS, LINE = 6.4, 0.14, 10.5, 1.3  # inches, inches, points, of a line
WRONG = "✗"


def show_captioned(
    images: Sequence[Tensor] | Tensor,
    captions: Sequence[str],
    *,
    columns: int = 3,
    ax: "Axes | None" = None,
) -> "Axes":
    """Show pictures (c, y, x), values in [0, 1], in rows, each with its caption below.

    Pictures may differ in size; each is drawn as a square, a pixel as a rectangle. A caption may
    have lines, and those that begin with ✗ are drawn in another colour.

    Raises:
        ValueError: there is no picture or column, captions are not as many, or a picture has
            another shape.
    """
    if not 1 <= len(images) == len(captions) or columns < 1:
        raise ValueError(
            f"{len(captions)} captions for {len(images)} pictures in {columns} columns: give one "
            "for each, and at least one column"
        )
    columns = min(columns, len(images))
    side = (WIDTH - GAP * (columns - 1)) / columns
    lines = max(text.count("\n") + bool(text) for text in captions)
    below = (LINE * POINTS * lines + 8) / 72
    height = -(-len(images) // columns) * (side + below)
    if ax is None:
        ax = figure(width=WIDTH, height=height)[0]
    with style():
        for index, (image, text) in enumerate(zip(images, captions, strict=True)):
            row, column = divmod(index, columns)
            left, top = column * (side + GAP), row * (side + below)
            ax.imshow(
                as_rgb(image[None])[0].numpy(),
                extent=(left, left + side, top + side, top),
                interpolation="nearest",
            )
            for number, line in enumerate(text.split("\n")):
                ax.text(
                    left + side / 2,
                    top + side + (4 + LINE * POINTS * number) / 72,
                    line,
                    ha="center",
                    va="top",
                    fontsize=POINTS,
                    color=COLORS["vermilion"] if line.startswith(WRONG) else INK,
                )
        ax.set(xlim=(0, WIDTH), ylim=(height, 0), aspect="equal")
        bare(ax)
    return ax


def in_lines(caption: str) -> str:
    """A caption in three lines: what, how it lies, to what; as it is where it has no relation."""
    for relation in (" above ", " left of "):
        if relation in caption:
            return caption.replace(relation, f"\n{relation.strip()}\n")
    return caption


def compared(words: "Words", said: Tensor, true: Tensor, *, truth: bool = False) -> str:
    """What was said (t,) in lines; those that differ from what is true (t,) are marked.

    With `truth` the right line stands below a wrong one, in brackets.
    """
    ours, theirs = (in_lines(words.decode(ids)).split("\n") for ids in (said, true))
    if len(ours) != len(theirs):
        return "\n".join(f"{WRONG} {line}" for line in ours)
    wrong = f"{WRONG} {{}}\n{WRONG} ({{}})" if truth else f"{WRONG} {{}}"
    both = zip(ours, theirs, strict=True)
    return "\n".join(a if a == b else wrong.format(a, b) for a, b in both)


def marked(said: Sequence[str], true: Sequence[str]) -> list[str]:
    """The words said, with a mark at each that differs from the true one in its place."""
    pairs = zip(said, true, strict=False)
    return [one if one == other else f"{WRONG} {one}" for one, other in pairs]
