"""What tells heads apart: how spread out they look, and how alike their maps are.

Axes: b batch, l layers, h heads, q and k tokens.
"""

from collections.abc import Sequence

import torch
from einops import rearrange
from torch import Tensor

from companion.inspection.maps import precise, require_patches
from companion.inspection.record import AttentionMap


def entropy(attention: AttentionMap) -> Tensor:
    """How spread out each query's attention is, in nats: (b, h, q).

    All keys count, prefix tokens too: 0 where a query looks at one key alone, log k where it looks
    at all k alike. A head's mean over images and queries is `entropy(attention).mean((0, 2))`.
    """
    return torch.special.entr(precise(attention.weights)).sum(dim=-1)


def key_share(attention: AttentionMap) -> Tensor:
    """Which share of a head's variance over the patches the key alone explains: (b, h).

    1 where all patches look alike, so that a map is made of stripes; 0 where the mean row is even.
    Rows and columns of prefix tokens are left out.

    Raises:
        ValueError: the layer has no patches, or its queries or keys are others.
    """
    prefix = require_patches(attention).num_prefix
    weights = precise(attention.weights[:, :, prefix:, prefix:])
    by_key = weights.mean(dim=2).var(dim=-1, correction=0)
    return by_key / weights.var(dim=(2, 3), correction=0)


def head_similarity(maps: Sequence[AttentionMap]) -> Tensor:
    """How alike the maps of each two heads are, over all layers: (l * h, l * h).

    The cosine of the angle between two heads' whole maps (q * k numbers), averaged over images: 1
    where they are the same, 0 where no query of one looks where it looks in the other, and for a
    head that was switched off. Heads come layer by layer.

    Raises:
        ValueError: there is no map, or the maps differ in images, queries or keys.
    """
    sizes = {(len(m.weights), *m.weights.shape[2:]) for m in maps}
    if len(sizes) != 1:
        raise ValueError(
            f"{len(maps)} maps of (images, queries, keys) {sorted(sizes)}: give at least one, and "
            "all of the same size"
        )
    weights = [precise(m.weights) for m in maps]
    lengths = torch.cat([w.flatten(2).norm(dim=-1) for w in weights], dim=1)
    # Two layers at a time: all maps of many images at once may not fit in memory.
    products = torch.cat([torch.cat([_products(a, b) for b in weights], 2) for a in weights], 1)
    # A map of nothing is like no other.
    cosines = products / (lengths[:, :, None] * lengths[:, None, :]).clamp_min(1e-12)
    return cosines.mean(dim=0)


def head_distance(weights: Tensor, queries: Tensor) -> float:
    """How far apart the heads of one attention look, over the queries that count.

    The total variation distance, half the sum of absolute differences, averaged over all pairs of
    heads: 0 where all look alike, 1 where no two look at the same key.

    Args:
        weights: (b, h, q, k), rows that sum to one.
        queries: (b, q), True for those that count.

    Raises:
        ValueError: there are fewer than two heads, or no query counts.
    """
    heads = weights.shape[1]
    if heads < 2 or not queries.any():
        raise ValueError(
            f"{heads} heads and {int(queries.sum())} queries that count: give at least 2 and 1"
        )
    counted = precise(rearrange(weights, "b h q k -> b q h k")[queries])
    moved = (counted[:, :, None] - counted[:, None]).abs().sum(dim=-1) / 2
    return float(moved.sum() / (len(counted) * heads * (heads - 1)))


def _products(first: Tensor, second: Tensor) -> Tensor:
    """Each head's map times each of another layer's: (b, g, q, k), (b, h, q, k) -> (b, g, h)."""
    return rearrange(first, "b g q k -> b g (q k)") @ rearrange(second, "b h q k -> b (q k) h")
