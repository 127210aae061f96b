"""Channels brought to mean 0 and deviation 1.

Axis letters: n images, b batch, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from companion.data.image_set import ImageSet, as_floats
from companion.data.transforms.draws import Draws

CHUNK = 1000  # images converted at a time, so that a set is never held in double precision


@dataclass(frozen=True, kw_only=True)
class Normalise:
    """(image - mean) / std, channel by channel; of a set to judge by, with the training set's.

    mean, std: one number a channel. Raises `ValueError` when they are not as many, a deviation is
    not above 0, or images have another number of channels.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.mean or len(self.mean) != len(self.std):
            raise ValueError(
                f"{len(self.mean)} means and {len(self.std)} deviations: give one of each a channel"
            )
        if min(self.std) <= 0:
            raise ValueError(
                f"std={self.std}: each must be above 0; a channel that never changes has nothing "
                "to tell, so leave it out or give it 1.0"
            )

    @classmethod
    def like(cls, images: ImageSet) -> Normalise:
        """With the mean and the deviation of all pixels of a set, in each channel."""
        sums = torch.zeros(2, images.channels, dtype=torch.float64, device=images.pixels.device)
        for part in images.pixels.split(CHUNK):
            values = as_floats(part).double()
            sums += torch.stack([values.sum((0, 2, 3)), values.square().sum((0, 2, 3))])
        mean, square = sums / images.pixels[:, 0].numel()
        std = (square - mean.square()).clamp_min(0).sqrt()
        return cls(mean=tuple(mean.tolist()), std=tuple(std.tolist()))

    def __call__(self, images: Tensor, labels: Tensor, _: Draws, /) -> tuple[Tensor, Tensor]:
        return self.images(images), labels

    def images(self, images: Tensor) -> Tensor:
        """Images (b, c, y, x), normalised, where there are no labels: (b, c, y, x)."""
        if images.shape[1] != len(self.mean):
            raise ValueError(
                f"{len(self.mean)} means for {images.shape[1]} channels: give one a channel"
            )
        mean, std = (
            torch.tensor(part, dtype=images.dtype).to(images.device, non_blocking=True)
            for part in (self.mean, self.std)
        )
        return (images - mean[:, None, None]) / std[:, None, None]
