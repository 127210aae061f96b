"""How far patches look: the transformer's answer to the receptive field of a convolution.

Axes: b batch, h heads, q and k patches, y x the patch grid, n patches.
"""

import torch
from einops import rearrange
from torch import Tensor

from companion.inspection.maps import precise, require_patches
from companion.inspection.record import AttentionMap


def patch_distances(rows: int, columns: int, *, patch_size: float) -> Tensor:
    """The distance in pixels from each patch's centre to every other's: (n, n).

    Patches count row by row; `patch_size` is the length of a patch's edge in pixels.

    Raises:
        ValueError: a size is not positive.
    """
    if not (rows > 0 and columns > 0 and patch_size > 0):
        raise ValueError(
            f"rows={rows}, columns={columns}, patch_size={patch_size}: sizes must be positive"
        )
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).float()
    # Not by a matrix product, which would lose the digits of small distances.
    apart = places[:, None] - places[None, :]
    return patch_size * apart.norm(dim=-1)


def mean_distance(attention: AttentionMap, *, patch_size: float) -> Tensor:
    """How many pixels away each patch looks, on average over what it takes: (b, h, y, x).

    The distance between patch centres, weighted by attention. Prefix tokens stand nowhere: they
    are left out, and the weights on the patches are scaled to sum to one again. A patch that takes
    nothing from any patch has no distance: nan. A head's mean is `.mean((0, 2, 3))`.
    Source: Dosovitskiy et al. 2021, appendix D.7 and figure 11.

    Args:
        attention: recorded self-attention.
        patch_size: the length of a patch's edge in pixels.

    Raises:
        ValueError: the layer has no patches, its queries or keys are others, or `patch_size` is not
            positive.
    """
    layout = require_patches(attention)
    distances = patch_distances(layout.rows, layout.columns, patch_size=patch_size)
    prefix = layout.num_prefix
    weights = precise(attention.weights[:, :, prefix:, prefix:])
    total = weights.sum(dim=-1)
    away = torch.einsum("b h q k, q k -> b h q", weights, distances.to(weights)) / total
    return rearrange(away, "b h (y x) -> b h y x", y=layout.rows)
