"""Does attention fall on the right object? Pure functions of maps and masks.

Axes: b maps with a mask each, o objects, y x cells of a map, v u pixels of a mask.
"""

from typing import NamedTuple

import torch
from einops import rearrange, reduce
from torch import Tensor


def points_at(heat: Tensor, masks: Tensor) -> Tensor:
    """Whether the middle of each map's strongest cell lies on the mask: (b,) bool.

    The middle of a cell that is an even number of pixels wide is the four pixels around it; one of
    them on the mask is enough. Shapes: heat (b, y, x), masks (b, v, u) bool.
    Source: the pointing game of Zhang et al. 2018, without its tolerance of some pixels.

    Raises:
        ValueError: maps and masks are not as many, or a map's cells do not divide the mask.
    """
    middles = rearrange(_middles(heat, masks), "b y x -> b (y x)")
    strongest = rearrange(heat, "b y x -> b (y x)").argmax(dim=1, keepdim=True)
    return middles.gather(1, strongest).squeeze(1)


def points_by_chance(heat: Tensor, masks: Tensor) -> Tensor:
    """How often a cell drawn at random would point at the mask: (b,) from 0 to 1.

    Shapes and errors as in `points_at`; of the maps only the number of cells matters.
    """
    return reduce(_middles(heat, masks).float(), "b y x -> b", "mean")


def share_on(heat: Tensor, masks: Tensor) -> Tensor:
    """Which share of each map lies on its mask, a cell's weight spread evenly over it: (b,).

    Shapes and errors as in `points_at`.
    """
    _, down, right = _cells(heat, masks)
    covered = reduce(masks.float(), "b (y v) (x u) -> b y x", "mean", v=down, u=right)
    return (heat * covered).sum(dim=(1, 2)) / heat.sum(dim=(1, 2))


class Pointing(NamedTuple):
    """Means over many maps, from 0 to 1.

    Attributes:
        own: how often the strongest cell's middle lies on the right object.
        other: how often on another.
        chance: how often a cell drawn at random would point at the right one.
        share: which share of the weight lies on it.
    """

    own: float
    other: float
    chance: float
    share: float


def pointing(heat: Tensor, masks: Tensor, item: Tensor) -> Pointing:
    """The pointing game over maps (b, y, x), among objects' masks (b, o, v, u): right is `item`.

    Zeros where there is no map. Raises `ValueError` as `points_at`.
    """
    if len(heat) == 0:
        return Pointing(0.0, 0.0, 0.0, 0.0)
    rows = torch.arange(len(heat), device=heat.device)
    own = masks[rows, item]
    another = masks.any(dim=1) & ~own
    measured = (
        points_at(heat, own),
        points_at(heat, another) & ~points_at(heat, own),
        points_by_chance(heat, own),
        share_on(heat, own),
    )
    return Pointing(*(values.float().mean().item() for values in measured))


def times_chance(heat: Tensor, masks: Tensor) -> Tensor:
    """How much more weight lies on masked pixels than an even map would put there: a scalar.

    The mean share of the maps on their masks over the mean share of the pixels that are masked: 1
    is chance. Maps that weigh nothing do not count. Shapes and errors as in `points_at`.
    """
    return share_on(heat, masks).nanmean() / masks.float().mean()


def centre_of(heat: Tensor) -> Tensor:
    """The centre of mass of maps (b, y, x) as (y, x), in shares of the edge: (b, 2)."""
    total = heat.sum(dim=(1, 2))
    places = [(torch.arange(size, device=heat.device) + 0.5) / size for size in heat.shape[1:]]
    down = (heat.sum(dim=2) * places[0]).sum(dim=1) / total
    right = (heat.sum(dim=1) * places[1]).sum(dim=1) / total
    return torch.stack([down, right], dim=1)


def _cells(heat: Tensor, masks: Tensor) -> tuple[int, int, int]:
    """Maps, and the rows and columns of pixels in a cell."""
    if heat.ndim != 3 or masks.ndim != 3 or len(heat) != len(masks) or masks.dtype != torch.bool:
        raise ValueError(
            f"heat of shape {tuple(heat.shape)} and {masks.dtype} masks of shape "
            f"{tuple(masks.shape)}: give (b, y, x) and boolean (b, v, u)"
        )
    (count, rows, columns), (_, height, width) = heat.shape, masks.shape
    if height % rows or width % columns:
        raise ValueError(f"a {rows}x{columns} map does not fit a {height}x{width} mask")
    return count, height // rows, width // columns


def _middles(heat: Tensor, masks: Tensor) -> Tensor:
    """(b, y, x): whether the middle of each cell is on the mask."""
    _, down, right = _cells(heat, masks)
    rows = masks[:, (down - 1) // 2 :: down] | masks[:, down // 2 :: down]
    return rows[:, :, (right - 1) // 2 :: right] | rows[:, :, right // 2 :: right]
