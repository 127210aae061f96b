"""Scenes whose objects are drawn before crops of photographs, for a background that nobody made up.

The two photographs come with scikit-learn: a temple in China by danielbuechele (CC BY 2.0) and a
flower by vultilion (CC BY 2.0).

Axes: n scenes, c channels, y x pixels.
"""

from typing import Literal, NamedTuple

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from companion.checks import require_positive
from companion.data.scenes.scene_set import Scenes

PARTS = {"train": (0.45, 1.0), "test": (0.0, 0.45)}
NARROWEST, WIDEST = 96, 216  # pixels of a photograph across a crop


class Crop(NamedTuple):
    """A square of a photograph: its number, the upper left corner and the side, in pixels."""

    photograph: int
    top: int
    left: int
    side: int


def photographs() -> list[Tensor]:
    """The two photographs, the temple first: (1, 3, y, x) in [0, 1]."""
    from sklearn.datasets import load_sample_images

    return [
        rearrange(torch.tensor(pixels), "y x c -> 1 c y x").float() / 255
        for pixels in load_sample_images().images
    ]


def crop_places(
    count: int, *, seed: int, part: Literal["train", "test"], size: tuple[int, int] = (427, 640)
) -> list[Crop]:
    """Where the crops of `photograph_crops` lie in photographs of `size` rows and columns.

    Raises:
        ValueError: the number is not positive, or there is no such part.
    """
    require_positive(count=count)
    if part not in PARTS:
        raise ValueError(f"part={part!r}: give one of {', '.join(PARTS)}")
    generator = torch.Generator().manual_seed(seed)
    height, width = size
    left, right = (round(edge * width) for edge in PARTS[part])
    found = []
    for number in range(count):
        wide, down, across = torch.rand(3, generator=generator).tolist()
        side = round(NARROWEST + wide * (WIDEST - NARROWEST))
        y, x = int(down * (height - side)), left + int(across * (right - left - side))
        found.append(Crop(number % 2, y, x, side))
    return found


def photograph_crops(
    count: int, *, seed: int, part: Literal["train", "test"], image_size: int = 32
) -> Tensor:
    """Square crops of two photographs in turn, made small: (n, 3, y, x) in [0, 1].

    Those to test on come from the left 45 hundredths of the photographs, those to train on from the
    rest: no pixel is in both.

    Raises:
        ValueError: a number is not positive, or there is no such part.
    """
    require_positive(image_size=image_size)
    whole = photographs()
    height, width = whole[0].shape[2:]
    found = []
    for crop in crop_places(count, seed=seed, part=part, size=(height, width)):
        down = slice(crop.top, crop.top + crop.side)
        across = slice(crop.left, crop.left + crop.side)
        cut = whole[crop.photograph][:, :, down, across]
        found.append(F.interpolate(cut, (image_size, image_size), mode="area"))
    return torch.cat(found)


def before_photographs(scenes: Scenes, *, seed: int, part: Literal["train", "test"]) -> Tensor:
    """The scenes' pictures with their objects before crops of photographs: (n, 3, y, x).

    An object keeps the pixels of its mask. Raises `ValueError` as `photograph_crops`.
    """
    behind = photograph_crops(len(scenes), seed=seed, part=part, image_size=scenes.image_size)
    objects = rearrange(scenes.owners >= 0, "n y x -> n 1 y x")
    return scenes.images.where(objects, behind)
