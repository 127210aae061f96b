"""What tells heads apart: how spread out they look, and how alike their maps are.

Axes: b batch, l layers, h heads, q and k tokens.
"""

from collections.abc import Sequence

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from companion.viz.maps import precise
from companion.viz.record import AttentionMap


def entropy(attention: AttentionMap) -> Tensor:
    """How spread out each query's attention is, in nats: (b, h, q).

    All keys count, prefix tokens too: 0 where a query looks at one key alone, log k where it looks
    at all k alike. A head's mean over images and queries is `entropy(attention).mean((0, 2))`.
    """
    return torch.special.entr(precise(attention.weights)).sum(dim=-1)


def head_similarity(maps: Sequence[AttentionMap]) -> Tensor:
    """How alike the maps of each two heads are, over all layers: (l * h, l * h).

    The cosine of the angle between two heads' whole maps (q * k numbers), averaged over images: 1
    where they are the same, 0 where no query of one looks where it looks in the other. Heads come
    layer by layer.

    Raises:
        ValueError: there is no map, or the maps differ in images, queries or keys.
    """
    sizes = {(len(m.weights), *m.weights.shape[2:]) for m in maps}
    if len(sizes) != 1:
        raise ValueError(
            f"{len(maps)} maps of (images, queries, keys) {sorted(sizes)}: give at least one, and "
            "all of the same size"
        )
    flat = [rearrange(precise(m.weights), "b h q k -> b h (q k)") for m in maps]
    heads = F.normalize(torch.cat(flat, dim=1), dim=-1)
    return torch.einsum("b g n, b h n -> g h", heads, heads) / len(heads)
