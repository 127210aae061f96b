"""What reached the class token? Attention of all layers, multiplied together.

Axes: b batch, h heads, q and k tokens, n tokens, y x the patch grid.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from companion.inspection.maps import on_grid, precise, require_class_token
from companion.inspection.record import AttentionMap
from companion.parts.attention.tap import TokenLayout


def rollout(
    maps: Sequence[AttentionMap],
    *,
    residual: float = 0.5,
    fuse: Literal["mean", "max", "min"] = "mean",
    discard: float = 0.0,
) -> Tensor:
    """How much of each input token is in each output token, followed through all layers: (b, n, n).

    A layer gives a token `residual` of itself, by the residual connection, and the rest of what it
    attends to. The product over the layers follows what flows; its rows always sum to one. It
    knows of neither values nor MLPs, nor for which class: see `relevance`.
    Source: Abnar & Zuidema 2020, https://arxiv.org/abs/2005.00928, section 3.

    Args:
        maps: of one call of the model, first layer first.
        residual: the share that a token keeps in each layer.
        fuse: how heads become one: their mean, or the largest or smallest weight of any head.
            What a row of the fused map then sums to is scaled to one before `residual` is added.
        discard: the share of its patches that each query drops, those it weighs least. Patches
            alone are dropped, never a prefix token; without a layout, any token may be.

    A token that attends to nothing, or of which `min` leaves nothing, keeps itself.

    Raises:
        ValueError: there is no map, a map is not (b, h, n, n) or of another size than the first,
            or a share is not from 0 to 1 (`discard` below 1).
    """
    require_square(maps)
    if fuse not in _FUSIONS:
        raise ValueError(f"fuse={fuse!r}: give one of {', '.join(_FUSIONS)}")
    if not (0 <= residual <= 1 and 0 <= discard < 1):
        raise ValueError(
            f"residual={residual}, discard={discard}: shares are from 0 to 1, discard below 1"
        )
    first = precise(maps[0].weights)
    own = torch.eye(first.shape[-1], dtype=first.dtype, device=first.device)
    flowed = own.expand(len(first), -1, -1)
    for attention in maps:
        fused = _FUSIONS[fuse](precise(attention.weights))
        taken = _rows_to_one(_drop_weakest(fused, attention.layout, discard), own)
        flowed = (residual * own + (1 - residual) * taken) @ flowed
    return flowed


def from_class_token(joint: Tensor, layout: TokenLayout | None) -> Tensor:
    """The class token's row over the patches: (b, n, n) -> (b, y, x).

    Takes what `rollout` or `relevance` gives. What the class token has from prefix tokens is left
    out, so a map of a rollout sums to at most one.

    Raises:
        ValueError: there is no class token, the tokens are not those of the layout, or the patches
            do not tile the image.
    """
    query = require_class_token(layout)
    assert layout is not None
    tokens = layout.num_tokens
    if joint.ndim != 3 or joint.shape[1:] != (tokens, tokens):
        raise ValueError(
            f"joint attention has shape {tuple(joint.shape)}: expected (b, {tokens}, {tokens}) for "
            f"{layout.num_prefix} + {layout.rows} * {layout.columns} tokens"
        )
    return on_grid(joint[:, query, layout.num_prefix :], layout)


_FUSIONS = {
    "mean": lambda weights: weights.mean(dim=1),
    "max": lambda weights: weights.amax(dim=1),
    "min": lambda weights: weights.amin(dim=1),
}


def _drop_weakest(fused: Tensor, layout: TokenLayout | None, discard: float) -> Tensor:
    """Set the smallest weights of each row to zero, prefix columns aside: (b, q, k)."""
    prefix = 0 if layout is None else layout.num_prefix
    patches = fused[:, :, prefix:]
    # A share such as 0.29 of 100 must not become 28 by rounding.
    count = min(math.floor(discard * patches.shape[-1] + 1e-9), patches.shape[-1] - 1)
    weakest = patches.argsort(dim=-1, stable=True)[:, :, :count]
    return torch.cat([fused[:, :, :prefix], patches.scatter(-1, weakest, 0.0)], dim=-1)


def _rows_to_one(weights: Tensor, own: Tensor) -> Tensor:
    """Scale rows to sum to one; a row of nothing becomes that of `own`."""
    total = weights.sum(dim=-1, keepdim=True)
    nothing = total <= torch.finfo(weights.dtype).tiny
    return torch.where(nothing, own, weights / total.masked_fill(nothing, 1.0))


def require_square(maps: Sequence[AttentionMap]) -> None:
    """Refuse maps that cannot be multiplied. Raises `ValueError` with the shapes."""
    shapes = [tuple(m.weights.shape) for m in maps]
    sizes = {(b, q, k) for b, _, q, k in shapes}
    if len(sizes) != 1 or any(q != k for _, q, k in sizes):
        raise ValueError(
            f"{len(maps)} maps of shapes {shapes}: give self-attention (b, h, n, n) of one call, "
            "with as many images and tokens in each layer"
        )
