"""Brightness, contrast and saturation changed, for each image by its own numbers.

Axis letters: b batch, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from companion.data.transforms.draws import Draws

LUMA = (0.2989, 0.587, 0.114)  # of red, green and blue in grey, as torchvision and PIL have it


@dataclass(frozen=True, kw_only=True)
class ColourJitter:
    """Each image is made brighter or darker, harder or softer, more or less colourful, in turn.

    Each factor lies between 1 - `most` and 1 + `most`. Images are in [0, 1] and stay there, so it
    comes before `Normalise`. Grey images keep their saturation.

    Raises `ValueError` when `most` is not from 0 to 1, or images have neither 1 nor 3 channels.
    """

    most: float = 0.4

    def __post_init__(self) -> None:
        if not 0 <= self.most <= 1:
            raise ValueError(f"most={self.most}: give a number from 0 to 1")

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws, /) -> tuple[Tensor, Tensor]:
        factors = 1 + self.most * (2 * draws.uniform(3).float() - 1)
        return jitter(images, factors.to(images.device, non_blocking=True)), labels


def jitter(images: Tensor, factors: Tensor) -> Tensor:
    """Images (b, c, y, x) in [0, 1] with brightness, contrast and saturation times (b, 3)."""
    if images.shape[1] not in (1, 3):
        raise ValueError(f"images have {images.shape[1]} channels: give grey (1) or colour (3)")
    brightness, contrast, saturation = factors[:, :, None, None, None].unbind(dim=1)
    images = (images * brightness).clamp(0, 1)
    images = _away_from(_grey(images).mean(dim=(2, 3), keepdim=True), images, contrast)
    return _away_from(_grey(images), images, saturation) if images.shape[1] == 3 else images


def _away_from(middle: Tensor, images: Tensor, factor: Tensor) -> Tensor:
    return (middle + factor * (images - middle)).clamp(0, 1)


def _grey(images: Tensor) -> Tensor:
    if images.shape[1] == 1:
        return images
    shares = torch.tensor(LUMA, dtype=images.dtype).to(images.device, non_blocking=True)
    return (images * shares[:, None, None]).sum(dim=1, keepdim=True)
