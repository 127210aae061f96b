"""Images made harder, by how much: moved, with noise, blurred, and with their patches shuffled.

Axes: b images, c channels, y x pixels. Pixels stay in [0, 1], and the same images come out each
time, for every model the same.
"""

from collections.abc import Callable, Mapping
from functools import partial

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from companion.parts import PatchGrid, from_patches, to_patches

DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))


def moved(images: Tensor, pixels: int) -> Tensor:
    """The first image to the right, the next down, then left and up, and so on; same shape.

    What comes in at a side repeats the row or column that was there.
    """
    height, width = images.shape[2:]
    padded = F.pad(images, (pixels,) * 4, mode="replicate")
    result = torch.empty_like(images)
    for turn, (down, right) in enumerate(DIRECTIONS):
        top, left = pixels * (1 - down), pixels * (1 - right)
        result[turn::4] = padded[turn::4, :, top : top + height, left : left + width]
    return result


def noisy(images: Tensor, deviation: float) -> Tensor:
    """Normal noise of this deviation on each number, cut off below 0 and above 1; same shape."""
    drawn = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return (images + deviation * drawn.to(images)).clamp(0, 1)


def blurred(images: Tensor, deviation: float) -> Tensor:
    """Each pixel a mean of those around it, by a bell curve of this deviation; same shape.

    The curve ends at three deviations, and beyond the edge stands what stands at the edge.
    """
    reach = max(1, round(3 * deviation))
    steps = torch.arange(-reach, reach + 1, dtype=images.dtype, device=images.device)
    curve = torch.exp(-((steps / deviation) ** 2) / 2)
    curve = curve / curve.sum()
    channels = images.shape[1]
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    across = F.conv2d(padded, curve.expand(channels, 1, 1, -1), groups=channels)
    return F.conv2d(across, curve[:, None].expand(channels, 1, -1, 1), groups=channels).clamp(0, 1)


def shuffled(images: Tensor, share: float, grid: PatchGrid) -> Tensor:
    """A share of each image's patches change places, every one of them; the rest stay."""
    patches = to_patches(images, grid.patch_size)
    moving = max(2, round(share * grid.num_patches))
    drawn = torch.rand(patches.shape[:2], generator=torch.Generator().manual_seed(0))
    places = drawn.argsort(dim=1)[:, :moving].to(images.device)
    batch = rearrange(torch.arange(len(images), device=images.device), "b -> b 1")
    result = patches.clone()
    result[batch, places] = patches[batch, places.roll(1, dims=1)]
    return from_patches(result, grid)


def damages(
    grid: PatchGrid, strengths: Mapping[str, tuple[float, ...]]
) -> dict[str, list[Callable[[Tensor], Tensor]]]:
    """What is done to images, weakest first: "shift", "noise", "blur" and "shuffle"."""
    return {
        "shift": [partial(moved, pixels=int(each)) for each in strengths["shift"]],
        "noise": [partial(noisy, deviation=each) for each in strengths["noise"]],
        "blur": [partial(blurred, deviation=each) for each in strengths["blur"]],
        "shuffle": [partial(shuffled, share=each, grid=grid) for each in strengths["shuffle"]],
    }
