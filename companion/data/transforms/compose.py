"""Transforms one after another, and a set whose batches go through them.

Axis letters: b batch, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor
from torch.utils.data import Dataset

from companion.data.transforms.draws import Draws


class Transform(Protocol):
    """Images (b, c, y, x) and their labels -> others. What is random in it comes from `draws`."""

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws, /) -> tuple[Tensor, Tensor]:
        """Give new tensors; the given ones stay as they are."""


class Labelled(Protocol):
    """A set that gives images and labels, a whole batch at once, such as `ImageSet`."""

    def __len__(self) -> int: ...

    def __getitems__(self, indices: list[int], /) -> tuple[Tensor, Tensor]: ...


class Compose:
    """Transforms in the order given, each drawing numbers of its own."""

    def __init__(self, *transforms: Transform) -> None:
        self.transforms = transforms

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws, /) -> tuple[Tensor, Tensor]:
        for transform in self.transforms:
            images, labels = transform(images, labels, draws)
        return images, labels


class OneOf:
    """One of the transforms given, drawn for each batch, all as likely.

    Raises `ValueError` when none is given.
    """

    def __init__(self, *transforms: Transform) -> None:
        if not transforms:
            raise ValueError("OneOf() has nothing to choose from: give at least one transform")
        self.transforms = transforms

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws, /) -> tuple[Tensor, Tensor]:
        chosen = int(draws.generator().integers(len(self.transforms)))
        return self.transforms[chosen](images, labels, draws)


class Transformed(Dataset[tuple[Tensor, Tensor]]):
    """A set whose samples go by serial numbers, epoch * size + index, and are new in each epoch.

    The number tells the epoch, so that no worker and no process needs to be told.
    """

    def __init__(self, samples: Labelled, transform: Transform, *, seed: int) -> None:
        self.samples = samples
        self.transform = transform
        self.seed = seed

    def __len__(self) -> int:
        return len(self.samples)

    def __getitems__(self, serials: Sequence[int]) -> tuple[Tensor, Tensor]:
        """A batch of one epoch, transformed."""
        size = len(self.samples)
        indices = [serial % size for serial in serials]
        draws = Draws(seed=self.seed, epoch=serials[0] // size, samples=indices)
        images, labels = self.samples.__getitems__(indices)
        return self.transform(images, labels, draws)
