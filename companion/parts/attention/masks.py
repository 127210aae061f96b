"""Masks: which query may attend to which key, and which keys are padding. Two, as in torch:

`attn_mask` is True where a query may attend to a key, as in `scaled_dot_product_attention` (and
the reverse of what `nn.MultiheadAttention` calls so). Its axes are (q, k), or (b, h, q, k) with 1
where an axis does not matter. Several are joined with `&`.
`key_padding_mask` (b, k) is True at padding, as in `nn.MultiheadAttention`.

Axes: b batch, h heads, q and k query and key positions, n tokens.
"""

import torch
from einops import rearrange
from torch import Tensor


def causal_mask(num_tokens: int, *, device: torch.device | None = None) -> Tensor:
    """An `attn_mask` that lets each token attend to itself and to those before it: (n, n).

    True on and below the diagonal. Source: Vaswani et al. 2017, section 3.2.3.

    Raises:
        ValueError: there is no token.
    """
    if num_tokens < 1:
        raise ValueError(f"num_tokens={num_tokens}: a mask needs at least one token")
    return torch.ones(num_tokens, num_tokens, dtype=torch.bool, device=device).tril()


def key_mask(key_padding_mask: Tensor) -> Tensor:
    """The `attn_mask` that hides padding from every query: (b, k) -> (b, 1, 1, k).

    What is True in `key_padding_mask`, at padding, is False in the result.

    Raises:
        ValueError: `key_padding_mask` is not boolean, or has not two axes.
    """
    if key_padding_mask.ndim != 2:
        raise ValueError(
            f"key_padding_mask has shape {tuple(key_padding_mask.shape)}: give (batch, keys), True "
            "at padding, as in `tokens == padding`"
        )
    check_key_padding(key_padding_mask, tuple(key_padding_mask.shape))
    return rearrange(~key_padding_mask, "b k -> b 1 1 k")


def check_key_padding(key_padding_mask: Tensor, shape: tuple[int, ...]) -> None:
    """Refuse a `key_padding_mask` that is not boolean or not of `shape` (b, k).

    Raises:
        ValueError: with its type and both shapes.
    """
    if key_padding_mask.dtype != torch.bool or key_padding_mask.shape != shape:
        raise ValueError(
            f"key_padding_mask is {key_padding_mask.dtype} of shape "
            f"{tuple(key_padding_mask.shape)}: expected booleans of shape {tuple(shape)}, True at "
            "padding"
        )


def check_padding_at_end(key_padding_mask: Tensor) -> None:
    """Refuse a `key_padding_mask` (b, k) with padding before or between the tokens of a row.

    What counts places from the left would take such tokens for others.

    Raises:
        ValueError: naming the rows, and what to do.
    """
    wrong = (key_padding_mask[:, :-1] & ~key_padding_mask[:, 1:]).any(dim=1)
    if wrong.any():
        raise ValueError(
            f"rows {wrong.nonzero().flatten().tolist()} have padding before a token: pad at the "
            "end, as torch.nn.utils.rnn.pad_sequence(rows, batch_first=True) does"
        )


def check_mask(attn_mask: Tensor, shape: tuple[int, int, int, int]) -> None:
    """Refuse an `attn_mask` that is not boolean or does not fit attention of `shape` (b, h, q, k).

    Raises:
        ValueError: with both shapes.
    """
    if attn_mask.dtype != torch.bool:
        raise ValueError(
            f"attn_mask is {attn_mask.dtype}: give booleans, True where a query may attend to a key"
        )
    wanted = shape[-attn_mask.ndim :] if attn_mask.ndim in (2, 4) else ()
    fits = wanted and all(m in (1, s) for m, s in zip(attn_mask.shape, wanted, strict=True))
    if not fits:
        raise ValueError(
            f"an attn_mask of shape {tuple(attn_mask.shape)} does not fit attention of shape "
            f"{shape}: give (queries, keys) or (batch, heads, queries, keys), 1 where an axis does "
            "not matter; key_mask makes one from a key_padding_mask (batch, keys)"
        )
