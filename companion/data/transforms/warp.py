"""Images turned, sheared, scaled and moved, each by its own numbers.

Axis letters: b batch, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from companion.data.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class RandomWarp:
    """Each image is turned, sheared, scaled and moved at once; beyond its border it is mirrored.

    How strongly is drawn too, from nothing up to the given, evenly: so some stay nearly as they
    are. Put it before `Normalise`.

    Args:
        degrees: turned at most, either way.
        shear: moved sideways at most, as a share of the distance from the middle row.
        scale: grown or shrunk by at most this share.
        shift: moved at most, as a share of the image.

    Raises:
        ValueError: a number is negative, or a scale is 1 or more, which would leave nothing.
    """

    degrees: float = 15.0
    shear: float = 0.15
    scale: float = 0.2
    shift: float = 0.1

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value >= 0:
                raise ValueError(f"{name}={value}: give a number of at least 0")
        if self.scale >= 1:
            raise ValueError(f"scale={self.scale} leaves nothing of an image: give less than 1")

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws, /) -> tuple[Tensor, Tensor]:
        drawn = draws.uniform(6).float().to(images.device, non_blocking=True)
        strength, sides = drawn[:, :1], 2 * drawn[:, 1:] - 1
        angle, shear, scale, right, down = (strength * sides).unbind(dim=1)
        return warp(
            images,
            angle=torch.deg2rad(self.degrees * angle),
            shear=self.shear * shear,
            scale=1 + self.scale * scale,
            shift=2 * self.shift * torch.stack([right, down], dim=1),
        ), labels


def warp(images: Tensor, *, angle: Tensor, shear: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Images (b, c, y, x), each looked up at places that are sheared, turned, scaled, moved.

    Angles in radians, shear and scale (b,); shift (b, 2) as (x, y), where an image is 2 wide.
    """
    cos, sin = scale * angle.cos(), scale * angle.sin()
    rows = [
        torch.stack([cos, shear * cos - sin, shift[:, 0]], dim=1),
        torch.stack([sin, shear * sin + cos, shift[:, 1]], dim=1),
    ]
    places = F.affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
    return F.grid_sample(images, places, padding_mode="reflection", align_corners=False)
