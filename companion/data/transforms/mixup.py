"""Pairs of images laid over each other, with labels that say how much there is of each.

Axis letters: b batch, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from companion.checks import require_positive
from companion.data.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Mixup:
    """Each image is mixed with its mirror in the batch, the first with the last, and so on.

    Labels (b,) become soft ones, (b, num_classes) float32, whose rows sum to 1. One share a batch
    is drawn from Beta(alpha, alpha). It comes last, and needs a shuffled set: else the same images
    meet in every epoch.

    Raises `ValueError` when alpha is not above 0, or a label names no class or is soft already.

    Source: Zhang et al. 2018, https://arxiv.org/abs/1710.09412; pairs and formula as in timm
    """

    alpha: float
    num_classes: int

    def __post_init__(self) -> None:
        require_positive(num_classes=self.num_classes)
        if not self.alpha > 0:
            raise ValueError(f"alpha={self.alpha}: give a number above 0, such as 0.8 or 0.2")

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws, /) -> tuple[Tensor, Tensor]:
        share = float(draws.generator().beta(self.alpha, self.alpha))
        return mix(images, labels, share=share, num_classes=self.num_classes)


def mix(images: Tensor, labels: Tensor, *, share: float, num_classes: int) -> tuple[Tensor, Tensor]:
    """`share` of each image and its label, the rest of its mirror's: (b, c, y, x), (b, classes)."""
    soft = shares_of(labels, num_classes=num_classes, dtype=images.dtype)
    return (
        images * share + images.flip(0) * (1 - share),
        soft * share + soft.flip(0) * (1 - share),
    )


def shares_of(labels: Tensor, *, num_classes: int, dtype: torch.dtype) -> Tensor:
    """Labels (b,) as the shares that each class has of them: (b, num_classes), one of them 1.

    Away from the CPU a label's value is not looked at, which would wait for the device.
    Raises `ValueError` when labels are soft already, or one names no class.
    """
    if labels.ndim != 1 or labels.is_floating_point():
        raise ValueError(
            f"labels are {tuple(labels.shape)} of {labels.dtype}: give (b,) class numbers; mixup "
            "comes once"
        )
    if labels.device.type == "cpu":
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= num_classes:
            raise ValueError(
                f"labels run from {low} to {high}: num_classes={num_classes} is too few"
            )
    classes = torch.arange(num_classes, device=labels.device)
    return (labels[:, None] == classes).to(dtype)
