"""Scenes whose objects are drawn before crops of photographs, for a background that nobody made up.

The two photographs come with scikit-learn: a temple in China by danielbuechele (CC BY 2.0) and a
flower by vultilion (CC BY 2.0).

Axes: n scenes, c channels, y x pixels.
"""

from typing import Literal

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from companion.checks import require_positive
from companion.data.scenes.scene_set import Scenes

PARTS = {"train": (0.45, 1.0), "test": (0.0, 0.45)}
NARROWEST, WIDEST = 96, 216  # pixels of a photograph across a crop


def photograph_crops(
    count: int, *, seed: int, part: Literal["train", "test"], image_size: int = 32
) -> Tensor:
    """Square crops of two photographs in turn, made small: (n, 3, y, x) in [0, 1].

    Those to test on come from the left 45 hundredths of the photographs, those to train on from the
    rest: no pixel is in both.

    Raises:
        ValueError: a number is not positive, or there is no such part.
    """
    from sklearn.datasets import load_sample_images

    require_positive(count=count, image_size=image_size)
    if part not in PARTS:
        raise ValueError(f"part={part!r}: give one of {', '.join(PARTS)}")
    photographs = [
        rearrange(torch.tensor(pixels), "y x c -> 1 c y x").float() / 255
        for pixels in load_sample_images().images
    ]
    generator = torch.Generator().manual_seed(seed)
    found = []
    for number in range(count):
        photograph = photographs[number % len(photographs)]
        height, width = photograph.shape[2:]
        left, right = (round(edge * width) for edge in PARTS[part])
        size, down, across = torch.rand(3, generator=generator).tolist()
        side = round(NARROWEST + size * (WIDEST - NARROWEST))
        y, x = int(down * (height - side)), left + int(across * (right - left - side))
        crop = photograph[:, :, y : y + side, x : x + side]
        found.append(F.interpolate(crop, (image_size, image_size), mode="area"))
    return torch.cat(found)


def before_photographs(scenes: Scenes, *, seed: int, part: Literal["train", "test"]) -> Tensor:
    """The scenes' pictures with their objects before crops of photographs: (n, 3, y, x).

    An object keeps the pixels of its mask. Raises `ValueError` as `photograph_crops`.
    """
    behind = photograph_crops(len(scenes), seed=seed, part=part, image_size=scenes.image_size)
    objects = rearrange(scenes.owners >= 0, "n y x -> n 1 y x")
    return scenes.images.where(objects, behind)
