"""What the words of chapter 9 are asked: digits on a sheet, the left of two digits, shapes.

Axes: n images, y and x pixels.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from companion.data import ImageSet, load_digits, load_scenes
from companion.parts import PatchGrid, from_patches, to_patches

SIDE, ROOM = 8, 4  # pixels of a digit; of empty sheet on each side of one
SHEETS, SCENES = PatchGrid(2 * SIDE, 2, 1), PatchGrid(32, 4)


class Task(NamedTuple):
    """What is learned from and judged by, how it is cut, and how often it is seen.

    `others` has the right digit of each test sheet where the left one is asked for; else None.
    """

    train: ImageSet
    test: ImageSet
    grid: PatchGrid
    epochs: int
    others: Tensor | None = None


def on_a_sheet(images: ImageSet) -> ImageSet:
    """The same set, each image in the middle of an empty sheet."""
    return replace(images, pixels=F.pad(images.images, (ROOM,) * 4))


def shuffled(images: ImageSet, grid: PatchGrid, *, seed: int) -> ImageSet:
    """All images with their patches in one order, which `seed` draws."""
    order = torch.randperm(grid.num_patches, generator=torch.Generator().manual_seed(seed))
    patches = to_patches(images.images, grid.patch_size)[:, order]
    return replace(images, pixels=from_patches(patches, grid))


def two_digits(digits: ImageSet, count: int, *, seed: int) -> tuple[ImageSet, Tensor]:
    """Sheets with two digits beside each other, each at a height of its own.

    Labels are the left digits; the right ones come beside them, (n,).

    Raises:
        ValueError: the digits are not of 8 x 8 pixels, or `count` is not positive.
    """
    if digits.image_size != SIDE or count < 1:
        raise ValueError(
            f"{count} sheets of {digits.image_size}x{digits.image_size} pixels: give at least one "
            f"sheet and digits of {SIDE}x{SIDE}"
        )
    lot = torch.Generator().manual_seed(seed)
    which = torch.randint(len(digits), (count, 2), generator=lot)
    heights = torch.randint(SIDE + 1, (count, 2), generator=lot)
    rows = heights[..., None] + torch.arange(SIDE)
    halves = torch.zeros(count, 2, 2 * SIDE, SIDE)
    index = rows[..., None].expand(count, 2, SIDE, SIDE)
    halves.scatter_(2, index, digits.images[which][:, :, 0])
    sheets = torch.cat([halves[:, 0], halves[:, 1]], dim=2)[:, None]
    left, right = digits.labels[which].unbind(dim=1)
    return ImageSet(sheets, left, digits.classes), right


def task(name: str, seed: int, settings: Mapping[str, Any]) -> Task:
    """The task of that name, with data drawn from `seed`."""
    if name == "scenes":
        train, test, _ = load_scenes(train=settings["scenes"], test=settings["test"], seed=seed)
        return Task(train, test, SCENES, settings["scene_epochs"])
    digits = load_digits(seed=seed)
    if name.startswith("left"):
        train, _ = two_digits(digits.train, settings["sheets"], seed=seed)
        test, others = two_digits(digits.test, settings["test"], seed=seed)
        return Task(train, test, SHEETS, settings["sheet_epochs"], others)
    train, test = on_a_sheet(digits.train), on_a_sheet(digits.test)
    if name == "shuffled":
        train, test = (shuffled(each, SHEETS, seed=seed) for each in (train, test))
    return Task(train, test, SHEETS, settings["digit_epochs"])
