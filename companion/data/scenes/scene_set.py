"""A set of scenes: pictures, and what is in them.

Axes: n scenes, o objects (the first is the large one), c channels, y x pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from companion.checks import require_positive
from companion.data.image_set import ImageSet, as_floats
from companion.data.scenes.layout import COLOURS, MOST, Layout
from companion.data.scenes.pixels import draw_pictures
from companion.data.scenes.shapes import SHAPES
from companion.data.scenes.words import Question, ask, caption_of, things_in

LABELS = {"shape": tuple(SHAPES), "colour": tuple(COLOURS)}


@dataclass(frozen=True, eq=False, repr=False)
class Scenes:
    """Pictures, and what is in them.

    A scene has one large object and up to three small ones, each of its own shape and colour, some
    partly covered, on a background that is grey on average.

    pixels: (n, 3, y, x) uint8. owners: (n, y, x) int8, the number of the object that a pixel shows,
    -1 for the background. layout: what the pictures are drawn from.
    """

    pixels: Tensor
    owners: Tensor
    layout: Layout

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def images(self) -> Tensor:
        """The pictures, (n, 3, y, x) float32 in [0, 1]: a new tensor at each access."""
        return as_floats(self.pixels)

    @property
    def image_size(self) -> int:
        """Rows, and columns, of a picture."""
        return self.pixels.shape[-1]

    @property
    def counts(self) -> Tensor:
        """Objects in each scene: (n,) int64."""
        return (self.shapes >= 0).sum(dim=1)

    @property
    def shapes(self) -> Tensor:
        """(n, o) int64, indices into SHAPES; -1 where there is no object."""
        return torch.from_numpy(self.layout.shapes)

    @property
    def colours(self) -> Tensor:
        """(n, o) int64, indices into COLOURS; -1 where there is no object."""
        return torch.from_numpy(self.layout.colours)

    @property
    def centres(self) -> Tensor:
        """(n, o, 2) float32 as (y, x), shares of the picture's edge; not a number: no object."""
        centres = torch.from_numpy(self.layout.centres).float()
        return centres.where(self.shapes[..., None] >= 0, torch.nan)

    @property
    def masks(self) -> Tensor:
        """(n, o, y, x) bool: the pixels in which an object is seen. No two masks overlap."""
        numbers = torch.arange(MOST, dtype=torch.int8)
        return self.owners[:, None] == numbers[:, None, None]

    @property
    def boxes(self) -> Tensor:
        """(n, o, 4) int64: top, left, bottom, right of each mask, the last two just beyond it.

        Zeros where there is no object.
        """
        masks = self.masks
        rows, columns = masks.any(dim=3).byte(), masks.any(dim=2).byte()
        ends = [
            edge.argmax(dim=2) if first else (self.image_size - edge.flip(2).argmax(dim=2))
            for first in (True, False)
            for edge in (rows, columns)
        ]
        return torch.stack(ends, dim=-1) * masks.any(dim=(2, 3))[..., None]

    def captions(self) -> list[str]:
        """A true sentence about each scene, as in "a large red circle above a small blue star"."""
        return [caption_of(things_in(self.layout, scene)) for scene in range(len(self))]

    def questions(self, each: int = 1) -> list[Question]:
        """`each` questions about every scene, with their answers, always the same ones."""
        require_positive(each=each)
        return [asked for scene in range(len(self)) for asked in ask(self.layout, scene, each)]

    def image_set(self, label: Literal["shape", "colour"] = "shape") -> ImageSet:
        """The pictures for a classifier: the large object's shape, or its colour, is the label."""
        if label not in LABELS:
            raise ValueError(f"label={label!r}: give one of {', '.join(LABELS)}")
        numbers = self.shapes if label == "shape" else self.colours
        return ImageSet(self.pixels, numbers[:, 0].clone(), LABELS[label])

    def subset(self, indices: Tensor | Sequence[int]) -> Scenes:
        """The scenes at `indices`, in that order. Raises `ValueError` when one is not there."""
        rows = torch.as_tensor(indices)
        if rows.dtype == torch.bool or rows.ndim != 1 or len(rows) == 0:
            raise ValueError(f"indices {tuple(rows.shape)} of {rows.dtype}: give a list of numbers")
        if rows.min() < 0 or rows.max() >= len(self):
            raise ValueError(f"indices run from {rows.min()} to {rows.max()}; 0 to {len(self) - 1}")
        return Scenes(self.pixels[rows], self.owners[rows], self.layout.take(rows.numpy()))

    def moved(self, item: int, centres: Tensor) -> Scenes:
        """The same scenes with object `item` elsewhere: centres (n, 2) as (y, x), from 0 to 1.

        Background, noise and light stay as they are. Captions and questions follow the new places,
        where two objects may come to lie without a clear relation.

        Raises:
            ValueError: a scene lacks that object, or a place lies outside the picture.
        """
        if not 0 <= item < MOST or (self.shapes[:, item] < 0).any():
            raise ValueError(f"item={item} is not in every scene: choose scenes with more objects")
        if centres.shape != (len(self), 2) or not bool(((centres >= 0) & (centres <= 1)).all()):
            raise ValueError(
                f"centres of shape {tuple(centres.shape)} for {len(self)} scenes: give (n, 2) "
                "numbers from 0 to 1"
            )
        places = self.layout.centres.copy()
        places[:, item] = centres.double().numpy()
        return drawn_from(self.layout._replace(centres=places), self.image_size)

    def recoloured(self, item: int, colours: Tensor) -> Scenes:
        """The same scenes with object `item` in other colours (n,), indices into COLOURS.

        All else stays, so two objects of a scene may come to have one colour.

        Raises:
            ValueError: a scene lacks that object, or a colour is not one of the six.
        """
        if not 0 <= item < MOST or (self.shapes[:, item] < 0).any():
            raise ValueError(f"item={item} is not in every scene: choose scenes with more objects")
        if colours.shape != (len(self),) or not set(colours.tolist()) <= set(range(len(COLOURS))):
            raise ValueError(
                f"colours of shape {tuple(colours.shape)} for {len(self)} scenes: give (n,) "
                f"whole numbers from 0 to {len(COLOURS) - 1}"
            )
        painted = self.layout.colours.copy()
        painted[:, item] = colours.numpy()
        return drawn_from(self.layout._replace(colours=painted), self.image_size)

    def __repr__(self) -> str:
        low, high = int(self.counts.min()), int(self.counts.max())
        size = self.image_size
        return f"Scenes({len(self):,} of {size}x{size} pixels, {low} to {high} objects in each)"


def drawn_from(layout: Layout, image_size: int) -> Scenes:
    """The scenes of a layout, `image_size` pixels wide and high."""
    pixels, owners = draw_pictures(layout, image_size)
    return Scenes(torch.from_numpy(pixels), torch.from_numpy(owners), layout)
