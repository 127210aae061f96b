"""Do the patches of a thing attend to the thing, and those of the ground to the ground?

Axes: b images, q and k patches.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Sides(NamedTuple):
    """What patches take from far away, over what an even look takes from there: (b,) each.

    Not a number where an image has no such patches, or nothing of the kind far from them.
    """

    thing_from_thing: Tensor
    ground_from_thing: Tensor
    ground_from_ground: Tensor


def taken_from_afar(weights: Tensor, covered: Tensor, apart: Tensor, *, beyond: float) -> Sides:
    """How much the patches of a thing and of the ground take from either, in times of chance.

    Each patch's weights on the patches farther than `beyond` are scaled to sum to one. The share
    of them that lies on the thing, less what is not covered, is averaged over the patches of a
    side, and divided by the same of an even look: 1 is chance.

    Args:
        weights: one map an image, patches alone: (b, q, k).
        covered: which share of each patch the thing covers: (b, k). A patch is the thing's where
            this is above a half.
        apart: the distance from each patch to each: (q, k), of `patch_distances`.
        beyond: what is far.

    Raises:
        ValueError: the shapes do not fit.
    """
    size = weights.shape[-1]
    if weights.ndim != 3 or covered.shape != weights.shape[:2] or apart.shape != (size, size):
        raise ValueError(
            f"weights {tuple(weights.shape)}, covered {tuple(covered.shape)} and apart "
            f"{tuple(apart.shape)}: give (b, n, n), (b, n) and (n, n), without prefix tokens"
        )
    far = (apart > beyond).to(weights)
    taken, even = (_from_thing(each, covered) for each in (weights * far, far.expand_as(weights)))
    thing = covered > 0.5
    return Sides(
        _mean(taken, thing) / _mean(even, thing),
        _mean(taken, ~thing) / _mean(even, ~thing),
        _mean(1 - taken, ~thing) / _mean(1 - even, ~thing),
    )


def _from_thing(weights: Tensor, covered: Tensor) -> Tensor:
    return torch.einsum("b q k, b k -> b q", weights, covered) / weights.sum(dim=-1)


def _mean(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum(dim=-1) / where.sum(dim=-1)
