"""Boxes cut out of images: left empty, or filled from another image.

Axis letters: b batch, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from companion.checks import require_positive
from companion.data.transforms.draws import Draws
from companion.data.transforms.mixup import shares_of


@dataclass(frozen=True, kw_only=True)
class RandomErasing:
    """In each image, with a chance of `chance`, a box is set to 0: after `Normalise`, the mean.

    smallest, largest: share of the image that the box takes; its sides are up to 3 times as long as
    each other. Raises `ValueError` when these are not 0 < smallest <= largest < 1, or the chance is
    not from 0 to 1.

    Source: Zhong et al. 2017, https://arxiv.org/abs/1708.04896
    """

    chance: float = 0.25
    smallest: float = 0.02
    largest: float = 0.33

    def __post_init__(self) -> None:
        if not 0 <= self.chance <= 1:
            raise ValueError(f"chance={self.chance} is no chance: give a number from 0 to 1")
        if not 0 < self.smallest <= self.largest < 1:
            raise ValueError(
                f"boxes from {self.smallest} to {self.largest} of an image: give 0 < smallest <= "
                "largest < 1"
            )

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws, /) -> tuple[Tensor, Tensor]:
        drawn = draws.uniform(5).float().to(images.device, non_blocking=True)
        area = self.smallest + (self.largest - self.smallest) * drawn[:, 0]
        aspect = 3 ** (2 * drawn[:, 1] - 1)
        sides = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()], dim=1).clamp(max=1)
        corner = (1 - sides) * drawn[:, 2:4]
        erased = inside(images, corner, sides) & (drawn[:, 4] < self.chance)[:, None, None, None]
        return images.masked_fill(erased, 0.0), labels


@dataclass(frozen=True, kw_only=True)
class CutMix:
    """A box of each image is filled from its mirror in the batch: the first from the last one.

    Labels (b,) become shares, (b, num_classes) float32, by area. One box a batch; how much is kept
    is drawn from Beta(alpha, alpha). It comes last, as `Mixup` does.

    Raises `ValueError` as `Mixup` does.

    Source: Yun et al. 2019, https://arxiv.org/abs/1905.04899; pairs as in timm
    """

    alpha: float
    num_classes: int

    def __post_init__(self) -> None:
        require_positive(num_classes=self.num_classes)
        if not self.alpha > 0:
            raise ValueError(f"alpha={self.alpha}: give a number above 0, such as 1.0")

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws, /) -> tuple[Tensor, Tensor]:
        generator = draws.generator()
        share, middle = float(generator.beta(self.alpha, self.alpha)), generator.random(2)
        height, width = images.shape[2:]
        side = (1 - share) ** 0.5
        (top, bottom), (left, right) = (
            (round(max(0.0, m - side / 2) * n), round(min(1.0, m + side / 2) * n))
            for m, n in zip(middle, (height, width), strict=True)
        )
        # The box may end at the border: what counts is what it covers.
        kept = 1 - (bottom - top) * (right - left) / (height * width)
        mixed = images.clone()
        mixed[:, :, top:bottom, left:right] = images.flip(0)[:, :, top:bottom, left:right]
        shares = shares_of(labels, num_classes=self.num_classes, dtype=images.dtype)
        return mixed, shares * kept + shares.flip(0) * (1 - kept)


def inside(images: Tensor, corner: Tensor, sides: Tensor) -> Tensor:
    """Which pixels' middles lie in each image's box: (b, 2) shares as (y, x) -> (b, 1, y, x)."""
    held = []
    for axis, size in enumerate(images.shape[2:]):
        middles = (torch.arange(size, device=images.device) + 0.5) / size
        first = corner[:, axis, None]
        held.append((middles >= first) & (middles < first + sides[:, axis, None]))
    return (held[0][:, :, None] & held[1][:, None, :])[:, None]
