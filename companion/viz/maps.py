"""Pictures as numbers: pure functions from attention and weights to maps.

Axes: b batch, h heads, q and k tokens, y and x the patch grid, n patches, d dim, c channels.
"""

import torch
from einops import rearrange
from torch import Tensor

from companion.viz.record import AttentionMap


def class_token_map(attention: AttentionMap) -> Tensor:
    """How much the class token takes from each patch, per head: (b, h, y, x).

    The weight on the class token itself is left out, so a map sums to at most one.

    Raises:
        ValueError: the layer has no patches, or no class token.
    """
    if attention.layout is None or attention.layout.prefix < 1:
        raise ValueError(f"{attention.layer} has no class token before its patches")
    prefix, rows, columns = attention.layout
    return rearrange(attention.weights[:, :, 0, prefix:], "b h (y x) -> b h y x", y=rows, x=columns)


def principal_components(filters: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The directions in which filters vary most: (d, n) -> components (count, n), shares (count,).

    Shares are the part of the filters' variance along each component, largest first.
    Source: Dosovitskiy et al. 2021, figure 7 left.

    Raises:
        ValueError: more components are asked for than there are.
    """
    if filters.ndim != 2 or not 1 <= count <= min(filters.shape):
        raise ValueError(
            f"{count} components of filters of shape {tuple(filters.shape)}: "
            "filters need two axes, and components are at least 1 and at most the shorter one"
        )
    exact = filters.cpu().double()  # Apple's GPU has no double precision
    centred = exact - exact.mean(dim=0)
    _, strengths, components = torch.linalg.svd(centred, full_matrices=False)
    variance = strengths.square()
    shares = variance / variance.sum().clamp_min(torch.finfo(variance.dtype).tiny)
    return components[:count].to(filters), shares[:count].to(filters)


def position_similarity(positions: Tensor, *, prefix: int, rows: int, columns: int) -> Tensor:
    """Cosine similarity of each patch's position vector to every other's: (n, y, x).

    Args:
        positions: (prefix + rows * columns, d), such as `vit.positions.table[0]`.
        prefix: tokens before the patches; they are left out.
        rows: of the patch grid.
        columns: of the patch grid.

    Source: Dosovitskiy et al. 2021, figure 7 centre.

    Raises:
        ValueError: the number of positions is not prefix + rows * columns.
    """
    if positions.ndim != 2 or len(positions) != prefix + rows * columns:
        raise ValueError(
            f"positions of shape {tuple(positions.shape)}: expected "
            f"{prefix} + {rows} * {columns} = {prefix + rows * columns} vectors"
        )
    patches = torch.nn.functional.normalize(positions[prefix:], dim=-1)
    return rearrange(patches @ patches.T, "n (y x) -> n y x", y=rows, x=columns)
