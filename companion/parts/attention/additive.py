"""Attention with one query at a time, as the decoder of a recurrent network asks it.

Two ways to score how well a query fits a key; what follows is the same. Both can be swapped for
one another, and each passes its weights through an `AttentionTap`.

Axes: b batch, k keys (positions of the input), q dim of the query, e dim of a value, a dim in
which query and key are compared.
"""

from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn

from companion.checks import require_positive
from companion.parts.attention.masks import check_key_padding, key_mask
from companion.parts.attention.tap import AttentionTap
from companion.parts.attention.weights import attention_weights, masked_softmax


class Memory(NamedTuple):
    """What queries attend to, made ready once for all of them.

    Attributes:
        keys: (b, k, a), what a query is compared with.
        values: (b, k, e), what it takes away.
        key_padding_mask: (b, k), True at padding, as in `nn.MultiheadAttention`.
    """

    keys: Tensor
    values: Tensor
    key_padding_mask: Tensor


class AdditiveAttention(nn.Module):
    """A small network judges how well query and key fit: v . tanh(W query + U key).

    Shapes: query (b, q), memory of k values -> the weighted mean of the values, (b, e).
    Source: Bahdanau et al. 2015, section 3.1 and appendix A.1.2.

    Args:
        query_dim: length of a query.
        value_dim: length of a value.
        dim: hidden units of the small network.

    Raises:
        ValueError: a size is not positive; in `encode` or when called, a shape that does not fit.
    """

    def __init__(self, *, query_dim: int, value_dim: int, dim: int) -> None:
        super().__init__()
        require_positive(query_dim=query_dim, value_dim=value_dim, dim=dim)
        self.query = nn.Linear(query_dim, dim)
        self.key = nn.Linear(value_dim, dim, bias=False)
        self.score = nn.Linear(dim, 1, bias=False)
        self.tap = AttentionTap()

    def encode(self, values: Tensor, key_padding_mask: Tensor | None = None) -> Memory:
        """Make values (b, k, e) ready; the mask (b, k) is True at padding, None where all count."""
        return encode(self.key, values, key_padding_mask)

    def forward(self, query: Tensor, memory: Memory) -> Tensor:
        require_query(query, self.query.in_features)
        hidden = torch.tanh(rearrange(self.query(query), "b a -> b 1 a") + memory.keys)
        scores = rearrange(self.score(hidden), "b k 1 -> b k")
        return weighted_mean(self.tap, masked_softmax(scores, ~memory.key_padding_mask), memory)


class DotProductAttention(nn.Module):
    """Query and key fit as well as they point the same way: (W query) . (U key) / sqrt(a).

    The same shapes, arguments and errors as `AdditiveAttention`, which it can replace.
    Source: Luong et al. 2015, section 3.1; the scale: Vaswani et al. 2017, section 3.2.1.
    """

    def __init__(self, *, query_dim: int, value_dim: int, dim: int) -> None:
        super().__init__()
        require_positive(query_dim=query_dim, value_dim=value_dim, dim=dim)
        self.query = nn.Linear(query_dim, dim)
        self.key = nn.Linear(value_dim, dim, bias=False)
        self.tap = AttentionTap()

    def encode(self, values: Tensor, key_padding_mask: Tensor | None = None) -> Memory:
        """Make values (b, k, e) ready; the mask (b, k) is True at padding, None where all count."""
        return encode(self.key, values, key_padding_mask)

    def forward(self, query: Tensor, memory: Memory) -> Tensor:
        require_query(query, self.query.in_features)
        q = rearrange(self.query(query), "b a -> b 1 1 a")
        k = rearrange(memory.keys, "b k a -> b 1 k a")
        weights = attention_weights(q, k, key_mask(memory.key_padding_mask))
        return weighted_mean(self.tap, rearrange(weights, "b 1 1 k -> b k"), memory)


def encode(key: nn.Linear, values: Tensor, key_padding_mask: Tensor | None) -> Memory:
    """The memory of values (b, k, e) whose keys a linear map makes.

    Raises:
        ValueError: values of another dim, or a mask that is not boolean or of another shape.
    """
    if values.ndim != 3 or values.shape[-1] != key.in_features:
        raise ValueError(
            f"values have shape {tuple(values.shape)}: expected (batch, keys, {key.in_features})"
        )
    if key_padding_mask is None:
        key_padding_mask = torch.zeros(values.shape[:2], dtype=torch.bool, device=values.device)
    check_key_padding(key_padding_mask, values.shape[:2])
    return Memory(key(values), values, key_padding_mask)


def weighted_mean(tap: AttentionTap, weights: Tensor, memory: Memory) -> Tensor:
    """The mean of the memory's values by weights (b, k), which pass the tap: (b, e)."""
    shown = tap(rearrange(weights.to(memory.values.dtype), "b k -> b 1 1 k"))
    mixed = rearrange(shown, "b 1 1 k -> b 1 k") @ memory.values
    return rearrange(mixed, "b 1 e -> b e")


def require_query(query: Tensor, query_dim: int) -> None:
    """Refuse a query of another shape than (b, query_dim). Raises `ValueError`."""
    if query.ndim != 2 or query.shape[-1] != query_dim:
        raise ValueError(f"query has shape {tuple(query.shape)}: expected (batch, {query_dim})")
