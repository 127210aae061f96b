"""Masks: who may look at whom. True where a query may look at a key; joined with `&`.

Axes: b batch, h heads, q and k query and key positions, n tokens.
"""

import torch
from einops import rearrange
from torch import Tensor


def causal_mask(num_tokens: int, *, device: torch.device | None = None) -> Tensor:
    """Each token may look at itself and at those before it: (n, n), True on and below the diagonal.

    Source: Vaswani et al. 2017, section 3.2.3.

    Raises:
        ValueError: there is no token.
    """
    if num_tokens < 1:
        raise ValueError(f"num_tokens={num_tokens}: a mask needs at least one token")
    return torch.ones(num_tokens, num_tokens, dtype=torch.bool, device=device).tril()


def key_mask(real: Tensor) -> Tensor:
    """Nobody may look at padding: real (b, k), True where a token is real -> (b, 1, 1, k).

    Raises:
        ValueError: `real` is not boolean, or has not two axes.
    """
    if real.dtype != torch.bool or real.ndim != 2:
        raise ValueError(
            f"real is {real.dtype} of shape {tuple(real.shape)}: give a boolean (batch, keys), "
            "True where a token is real, as in `tokens != padding`"
        )
    return rearrange(real, "b k -> b 1 1 k")


def check_mask(may_look: Tensor, shape: tuple[int, int, int, int]) -> None:
    """Refuse a mask that is not boolean or does not fit attention of `shape` (b, h, q, k).

    Raises:
        ValueError: with both shapes.
    """
    if may_look.dtype != torch.bool:
        raise ValueError(
            f"the mask is {may_look.dtype}: give booleans, True where a query may look at a key"
        )
    wanted = shape[-may_look.ndim :] if may_look.ndim in (2, 4) else ()
    fits = wanted and all(m in (1, s) for m, s in zip(may_look.shape, wanted, strict=True))
    if not fits:
        raise ValueError(
            f"a mask of shape {tuple(may_look.shape)} does not fit attention of shape {shape}: "
            "give (queries, keys) or (batch, heads, queries, keys), 1 where an axis does not "
            "matter; key_mask makes one from (batch, keys)"
        )
