"""Sheets of handwritten digits in which every white digit has a coloured twin: who has my number?

Axis letters: n sheets, b batch, k cells of a sheet (row by row), c channels, y x image, p q cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor
from torch.utils.data import Dataset

from companion.checks import require_positive, require_seed
from companion.data.image_set import ImageSet

INKS = {
    "red": (1.0, 0.25, 0.2),
    "green": (0.2, 1.0, 0.3),
    "blue": (0.3, 0.45, 1.0),
    "yellow": (1.0, 0.85, 0.2),
}
WHITE = len(INKS)
NOT_ASKED = -100  # torch's own word for a label that is left out


class Sheet(NamedTuple):
    """A batch to learn from: images (b, c, y, x) and answers (b, k)."""

    images: Tensor
    answers: Tensor


@dataclass(frozen=True, eq=False)
class Cards(Dataset[Sheet]):
    """Sheets of cells. A white digit asks for the colour of its twin, the same digit in colour.

    Which cell holds the twin differs from sheet to sheet and can be told by the digits alone. Edit
    a sheet with `dataclasses.replace(cards, colours=...)`; images and answers follow.

    digits: (n, k, p, q) float32 in [0, 1], zeros where a cell is empty; colours: (n, k) int64, an
    index into `classes`, or `WHITE`; twins: (n, k) int64, the other cell with the same digit, or -1
    where a cell is empty.
    """

    digits: Tensor
    colours: Tensor
    twins: Tensor
    classes: tuple[str, ...] = tuple(INKS)

    @property
    def images(self) -> Tensor:
        """All sheets, (n, 3, y, x) float32 in [0, 1]."""
        return paint(self.digits, self.colours)

    @property
    def answers(self) -> Tensor:
        """(n, k) int64: for a white digit its twin's colour, elsewhere `NOT_ASKED`."""
        asks = (self.twins >= 0) & (self.colours == WHITE)
        return self.colours.gather(1, self.twins.clamp_min(0)).where(asks, NOT_ASKED)

    @property
    def guesses(self) -> Tensor:
        """(n, k) int64: the commonest colour of each sheet, the best answer without looking up."""
        inked = torch.nn.functional.one_hot(self.colours, WHITE + 1)[..., :WHITE]
        inked = inked * (self.twins >= 0)[..., None]
        return inked.sum(dim=1).argmax(dim=1)[:, None].expand_as(self.colours)

    @property
    def side(self) -> int:
        """Cells along an edge."""
        return round(self.colours.shape[1] ** 0.5)

    def __len__(self) -> int:
        return len(self.colours)

    def __getitems__(self, indices: Tensor | Sequence[int]) -> Sheet:
        """A whole batch at once."""
        rows = torch.as_tensor(indices)
        part = Cards(self.digits[rows], self.colours[rows], self.twins[rows], self.classes)
        return Sheet(part.images, part.answers)


def draw_cards(digits: ImageSet, count: int, *, seed: int, pairs: int = 8, side: int = 4) -> Cards:
    """Draw `count` sheets of `side` x `side` cells with `pairs` pairs of twins each.

    The pairs of a sheet are of different classes, the two of a pair drawn one by one, so as a rule
    written by different hands. One of each pair is white, the other in one of four colours, drawn
    for each pair by itself. Places are drawn too; the same `seed` gives the same sheets.

    Raises:
        ValueError: more pairs than classes or than fit, classes without an image, grey images
            missing, a count that is not positive, or a seed below 0.
    """
    require_positive(count=count, pairs=pairs, side=side)
    require_seed(seed)
    cells, amount = side * side, torch.bincount(digits.labels, minlength=digits.num_classes)
    if digits.channels != 1 or not amount.all():
        raise ValueError(f"{digits}: give grey images (one channel) with some of every class")
    if pairs > digits.num_classes or 2 * pairs > cells:
        raise ValueError(
            f"pairs={pairs}: at most {min(digits.num_classes, cells // 2)} pairs of "
            f"{digits.num_classes} classes fit in {side} x {side} cells"
        )
    draw = torch.Generator().manual_seed(seed)
    row = torch.arange(count)[:, None]
    kinds = torch.rand(count, digits.num_classes, generator=draw).argsort(dim=1)[:, :pairs]
    kinds = kinds.repeat(1, 2)
    start, which = amount.cumsum(0) - amount, torch.rand(kinds.shape, generator=draw)
    by_class = digits.labels.argsort(stable=True)
    chosen = by_class[start[kinds] + (which * amount[kinds]).long()]
    places = torch.rand(count, cells, generator=draw).argsort(dim=1)[:, : 2 * pairs]
    inks = torch.randint(WHITE, (count, pairs), generator=draw)
    drawn = torch.zeros(count, cells, *digits.pixels.shape[2:])
    drawn[row, places] = digits.images[chosen, 0]
    colours = torch.full((count, cells), WHITE)
    colours[row, places[:, :pairs]] = inks
    twins = torch.full((count, cells), -1)
    twins[row, places] = places.roll(pairs, dims=1)
    return Cards(drawn, colours, twins)


def paint(digits: Tensor, colours: Tensor) -> Tensor:
    """Cells (n, k, p, q) and their colours (n, k) -> images (n, 3, y, x)."""
    inks = torch.tensor([*INKS.values(), (1.0, 1.0, 1.0)])[colours]
    side = round(colours.shape[1] ** 0.5)
    cells = digits[:, :, None] * inks[..., None, None]
    return rearrange(cells, "n (y x) c p q -> n c (y p) (x q)", y=side)
