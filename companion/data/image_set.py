"""Labelled images in memory, checked once, where they enter.

Axis letters: n images, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet(Dataset[tuple[Tensor, Tensor]]):
    """Images, their labels, and what the labels mean. A torch `Dataset` too.

    images: (n, c, y, x) float32 in [0, 1]; labels: (n,) int64, each an index into `classes`.
    Raises `ValueError` when any of that does not hold, or when there is no image at all.
    """

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_images(self.images)
        _check_labels(self.labels, self.images, self.classes)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.images[index], self.labels[index]

    def __getitems__(self, indices: Tensor | Sequence[int]) -> tuple[Tensor, Tensor]:
        """A whole batch at once: (c, y, x) images -> (b, c, y, x), labels -> (b,)."""
        rows = torch.as_tensor(indices, device=self.images.device)
        return self.images.index_select(0, rows), self.labels.index_select(0, rows)

    def subset(self, indices: Tensor | Sequence[int]) -> ImageSet:
        """The images at `indices` (integers from 0 to n - 1), in that order.

        Raises `ValueError` when there are none, or one is not an integer or out of range.
        """
        rows = torch.as_tensor(indices, device=self.images.device)
        if rows.ndim != 1 or len(rows) == 0:
            raise ValueError(
                f"indices have shape {tuple(rows.shape)}: give a list of at least one index"
            )
        if rows.dtype in (torch.bool, torch.uint8) or rows.is_floating_point():
            raise ValueError(
                f"indices are {rows.dtype}, not integers: turn a mask into indices by "
                "mask.nonzero().flatten()"
            )
        if rows.min() < 0 or rows.max() >= len(self):
            raise ValueError(
                f"indices run from {rows.min().item()} to {rows.max().item()}, "
                f"but the set has images 0 to {len(self) - 1}"
            )
        return ImageSet(*self.__getitems__(rows), self.classes)

    @property
    def channels(self) -> int:
        """Colour channels of an image: 1 for grey, 3 for red, green and blue."""
        return self.images.shape[1]

    @property
    def image_size(self) -> int:
        """Rows (and columns) of an image. Raises `ValueError` when images are not square."""
        height, width = self.images.shape[2:]
        if height != width:
            raise ValueError(
                f"images are {height}x{width}, not square: read images.images.shape instead, "
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
            f"{len(self):,} images of {_shape(self.images)} (channels x height x width), "
            f"{self.num_classes} classes with {counts.min().item():,} to "
            f"{counts.max().item():,} images each"
        )

    def __repr__(self) -> str:
        return (
            f"ImageSet({len(self):,} images of {_shape(self.images)}, {self.num_classes} classes)"
        )


class Splits(NamedTuple):
    """A set to learn from, a set to judge by, and what is unusual about them ('' if nothing)."""

    train: ImageSet
    test: ImageSet
    note: str


def scaled(pixels: Tensor) -> Tensor:
    """Bytes (n, c, y, x) -> float32 (n, c, y, x) in [0, 1], as torchvision's ToTensor does."""
    return pixels.to(torch.float32, memory_format=torch.contiguous_format).div_(255)


def _shape(images: Tensor) -> str:
    return "x".join(str(size) for size in images.shape[1:])


def _check_images(images: Tensor) -> None:
    if not isinstance(images, Tensor) or images.dtype != torch.float32:
        found = getattr(images, "dtype", type(images).__name__)
        raise ValueError(
            f"images are {found}, not a float32 tensor: convert bytes by images.float() / 255"
        )
    if images.ndim != 4:
        raise ValueError(
            f"images have shape {tuple(images.shape)}: expected four axes (n, c, y, x); "
            "grey images need a channel axis, images.unsqueeze(1)"
        )
    if images.numel() == 0:
        raise ValueError(f"images have shape {tuple(images.shape)}: there is nothing in them")
    low, high = (bound.item() for bound in torch.aminmax(images))
    # One pass tells everything: a NaN anywhere makes both bounds NaN.
    if not (low >= 0 and high <= 1):
        bad = images.numel() - int(torch.isfinite(images).sum())
        if bad:
            raise ValueError(
                f"{bad:,} of {images.numel():,} pixels are not finite: mend or leave out "
                "those images"
            )
        raise ValueError(
            f"pixels run from {low:g} to {high:g}, outside [0, 1]: scale them, "
            "for bytes by dividing by 255"
        )


def _check_labels(labels: Tensor, images: Tensor, classes: tuple[str, ...]) -> None:
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
        found = getattr(labels, "dtype", type(labels).__name__)
        raise ValueError(f"labels are {found}, not an int64 tensor: convert them by labels.long()")
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"labels have shape {tuple(labels.shape)} for {len(images)} images: expected "
            f"({len(images)},), one label an image"
        )
    if labels.device != images.device:
        raise ValueError(
            f"labels are on {labels.device}, images on {images.device}: move both to one device"
        )
    low, high = labels.min().item(), labels.max().item()
    if low < 0 or high >= len(classes):
        raise ValueError(
            f"labels run from {low} to {high}, but {len(classes)} classes allow 0 to "
            f"{len(classes) - 1}: name every class, or number the labels from 0"
        )
