"""Multi-head attention, and the tap through which its weights can be seen.

An `attn_mask` is boolean, and True where a query may attend to a key, as in torch's
`scaled_dot_product_attention`: see `companion.parts.attention.masks`.

Axes: b batch, n tokens, d dim, h heads, e dim of one head, q and k query and key positions.
"""

from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from companion.checks import require_positive
from companion.parts.attention.masks import check_mask
from companion.parts.attention.tap import AttentionTap
from companion.parts.attention.weights import attention_weights


def attend(
    tap: AttentionTap, q: Tensor, k: Tensor, v: Tensor, attn_mask: Tensor | None = None
) -> Tensor:
    """Each query's mean of the values, weighted by its attention, heads joined.

    Uses torch's fused kernel, which never forms the weights. Only when somebody listens at `tap`
    are they computed, and then the output is the same up to rounding.
    Shapes: (b, h, q, e), (b, h, k, e), (b, h, k, e) -> (b, q, h * e).

    Raises:
        ValueError: `attn_mask` is not boolean, or does not fit queries and keys.
    """
    if attn_mask is not None:
        check_mask(attn_mask, (len(q), q.shape[1], q.shape[2], k.shape[2]))
    if tap.listening:
        mixed = tap(attention_weights(q, k, attn_mask)) @ v
    elif attn_mask is None:
        mixed = F.scaled_dot_product_attention(q, k, v)
    else:
        # Kernels differ in what they make of a query that may attend to nothing. So it attends
        # to everything, and what it finds is thrown away.
        blind = ~attn_mask.any(dim=-1, keepdim=True)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=attn_mask | blind)
        mixed = mixed.masked_fill(blind, 0.0)
    return rearrange(mixed, "b h n e -> b n (h e)")


class KeysValues(NamedTuple):
    """What tokens offer to those who attend to them, kept so that it is computed once.

    Both have the shape (b, h, n, e).
    """

    keys: Tensor
    values: Tensor


class MultiHeadAttention(nn.Module):
    """Attentions side by side, each with its own maps of whole tokens: (b, n, d) -> (b, n, d).

    Each head projects every token, all of `dim`, by its own W_Q, W_K and W_V to e = d / h numbers.
    `qkv` holds them all and makes one product, whose output is cut into heads; `output` is W_O.
    Every token attends to every token, or to those where `attn_mask` is True.
    Source: Vaswani et al. 2017, section 3.2.2.

    Raises:
        ValueError: `dim` is not divisible by `heads`, or a size is not positive; in `forward`,
            tokens of another shape than (b, n, dim), or a mask that does not fit.
    """

    def __init__(self, dim: int, *, heads: int) -> None:
        super().__init__()
        require_heads(dim, heads)
        self.dim = dim
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.tap = AttentionTap()
        self.output = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor, attn_mask: Tensor | None = None) -> Tensor:
        require_tokens(tokens, self.dim)
        q, k, v = self._queries_keys_values(tokens)
        return self.output(attend(self.tap, q, k, v, attn_mask))

    def extend(self, tokens: Tensor, past: KeysValues) -> tuple[Tensor, KeysValues]:
        """One more token (b, 1, d) after others: its output, and all keys and values to keep.

        The same as the last token of `forward` on the whole sequence with a causal mask, without
        computing the others again.
        """
        require_tokens(tokens, self.dim)
        q, k, v = self._queries_keys_values(tokens)
        kept = KeysValues(torch.cat([past.keys, k], dim=2), torch.cat([past.values, v], dim=2))
        return self.output(attend(self.tap, q, *kept)), kept

    def _queries_keys_values(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = rearrange(
            self.qkv(tokens), "b n (three h e) -> three b h n e", three=3, h=self.heads
        )
        return q, k, v


def require_heads(dim: int, heads: int) -> None:
    """Refuse a `dim` that `heads` do not share evenly. Raises `ValueError` with the numbers."""
    require_positive(dim=dim, heads=heads)
    if dim % heads:
        raise ValueError(f"dim={dim} is not divisible by heads={heads}")


def require_tokens(tokens: Tensor, dim: int) -> None:
    """Refuse tokens that are not (b, n, dim). Raises `ValueError` with the shape."""
    if tokens.shape[2:] != (dim,):
        raise ValueError(
            f"tokens have shape {tuple(tokens.shape)}: this layer takes "
            f"(batch, tokens, {dim}); build it with another dim, or reshape the tokens"
        )
