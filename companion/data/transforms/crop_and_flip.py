"""Images shifted and mirrored, each by its own numbers.

Axis letters: b batch, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from companion.checks import require_positive
from companion.data.transforms.draws import Draws

Border = Literal["zero", "reflect"]


@dataclass(frozen=True, kw_only=True)
class RandomCrop:
    """Each image is padded all around and cut out again at its old size, anywhere.

    padding: pixels on each side. border: what they show, "zero" or the image mirrored ("reflect").
    Raises `ValueError` for another border, no padding, or one too wide for images to mirror.
    """

    padding: int
    border: Border = "zero"

    def __post_init__(self) -> None:
        require_positive(padding=self.padding)
        if self.border not in ("zero", "reflect"):
            raise ValueError(f"border={self.border!r}: give 'zero' or 'reflect'")

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws, /) -> tuple[Tensor, Tensor]:
        offsets = draws.integers(2, below=2 * self.padding + 1)
        return crop(images, offsets, padding=self.padding, border=self.border), labels


@dataclass(frozen=True, kw_only=True)
class RandomFlip:
    """Each image is mirrored left to right with a chance of `chance`, from 0 to 1."""

    chance: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.chance <= 1:
            raise ValueError(f"chance={self.chance} is no chance: give a number from 0 to 1")

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws, /) -> tuple[Tensor, Tensor]:
        return flip(images, draws.uniform(1)[:, 0] < self.chance), labels


def crop(images: Tensor, offsets: Tensor, *, padding: int, border: Border) -> Tensor:
    """Images (b, c, y, x), padded, then cut out from `offsets` (b, 2) as (y, x): (b, c, y, x)."""
    height, width = images.shape[2:]
    if border == "reflect" and padding >= min(height, width):
        raise ValueError(
            f"padding={padding} is too wide for images of {height}x{width} to mirror: give at most "
            f"{min(height, width) - 1}, or border='zero'"
        )
    mode = "constant" if border == "zero" else "reflect"
    padded = F.pad(images, (padding, padding, padding, padding), mode=mode)
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)
    top, left = offsets.to(images.device, non_blocking=True).unbind(dim=1)
    return windows[torch.arange(len(images), device=images.device), :, top, left]


def flip(images: Tensor, which: Tensor) -> Tensor:
    """Images (b, c, y, x), mirrored left to right where `which` (b,) is True."""
    chosen = which.to(images.device, non_blocking=True)[:, None, None, None]
    return torch.where(chosen, images.flip(3), images)
