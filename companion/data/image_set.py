"""Labelled images in memory, as bytes where they come as bytes.

Axis letters: n images, b batch, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset

from companion.data.image_checks import check_indices, check_labels, check_pixels


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet(Dataset[tuple[Tensor, Tensor]]):
    """Images, their labels, and what the labels mean. A torch `Dataset` too.

    Bytes stay bytes, a quarter of the memory of floats. Whatever is handed out is float32 in
    [0, 1]: one image, a batch, a slice (`train[:12]`), and `images`, which converts the whole set.

    pixels: (n, c, y, x) uint8, or float32 in [0, 1]; labels: (n,) int64, each an index into
    `classes`. Raises `ValueError` when any of that does not hold, or when there is no image at all.
    """

    pixels: Tensor
    labels: Tensor
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        check_pixels(self.pixels)
        check_labels(self.labels, self.pixels, self.classes)

    @property
    def images(self) -> Tensor:
        """All images, (n, c, y, x) float32 in [0, 1]; of bytes, a new tensor at each access."""
        return as_floats(self.pixels)

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int | slice) -> tuple[Tensor, Tensor]:
        return as_floats(self.pixels[index]), self.labels[index]

    def __getitems__(self, indices: Tensor | Sequence[int]) -> tuple[Tensor, Tensor]:
        """A whole batch at once: (b, c, y, x) float32 images and (b,) labels."""
        rows = torch.as_tensor(indices).to(self.pixels.device, non_blocking=True)
        return as_floats(self.pixels.index_select(0, rows)), self.labels.index_select(0, rows)

    def subset(self, indices: Tensor | Sequence[int]) -> ImageSet:
        """The images at `indices` (integers from 0 to n - 1), in that order.

        Raises `ValueError` when there are none, or one is not an integer or out of range.
        """
        rows = torch.as_tensor(indices, device=self.pixels.device)
        check_indices(rows, size=len(self))
        return ImageSet(self.pixels[rows], self.labels[rows], self.classes)

    @property
    def channels(self) -> int:
        """Colour channels of an image: 1 for grey, 3 for red, green and blue."""
        return self.pixels.shape[1]

    @property
    def image_size(self) -> int:
        """Rows (and columns) of an image. Raises `ValueError` when images are not square."""
        height, width = self.pixels.shape[2:]
        if height != width:
            raise ValueError(
                f"images are {height}x{width}, not square: read images.pixels.shape instead, "
                "or crop them first"
            )
        return height

    @property
    def num_classes(self) -> int:
        """How many classes a label may name."""
        return len(self.classes)

    def describe(self) -> str:
        """A line for readers: how many images, of what shape, and how even the classes are."""
        counts = torch.bincount(self.labels, minlength=self.num_classes)
        return (
            f"{len(self):,} images of {self._shape} (channels x height x width), "
            f"{self.num_classes} classes with {counts.min().item():,} to "
            f"{counts.max().item():,} images each"
        )

    def __repr__(self) -> str:
        return f"ImageSet({len(self):,} images of {self._shape}, {self.num_classes} classes)"

    @property
    def _shape(self) -> str:
        return "x".join(str(size) for size in self.pixels.shape[1:])


class Splits(NamedTuple):
    """A set to learn from, a set to judge by, and what is unusual about them ('' if nothing)."""

    train: ImageSet
    test: ImageSet
    note: str


def as_floats(pixels: Tensor) -> Tensor:
    """Bytes -> float32 in [0, 1], as torchvision's ToTensor does; floats stay as they are."""
    if pixels.dtype != torch.uint8:
        return pixels
    return pixels.to(torch.float32, memory_format=torch.contiguous_format).div_(255)
