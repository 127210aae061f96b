"""What can stand where an attention stands, and hears no question: controls to train beside one.

Axes: b batch, k keys (positions of the input), q dim of a query, e dim of a value.
"""

import math

import torch
from einops import rearrange, reduce
from torch import Tensor, nn

from companion.checks import require_positive
from companion.parts.attention.additive import Memory, weighted_mean
from companion.parts.attention.masks import check_key_padding
from companion.parts.attention.tap import AttentionTap


class EvenAttention(nn.Module):
    """Every value weighs alike: the answer is their mean, whatever is asked.

    Shapes: query (b, q), memory of k values -> (b, e). Its weights pass an `AttentionTap`, and it
    has no parameters. `encode` raises `ValueError` for shapes that do not fit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tap = AttentionTap()

    def encode(self, values: Tensor, key_padding_mask: Tensor | None = None) -> Memory:
        """Keep values (b, k, e); the mask (b, k) is True at padding, None where all count."""
        return _unasked(values, key_padding_mask)

    def forward(self, query: Tensor, memory: Memory) -> Tensor:  # noqa: ARG002 - it never listens
        counted = (~memory.key_padding_mask).to(memory.values.dtype)
        total = reduce(counted, "b k -> b 1", "sum").clamp_min(1)
        return weighted_mean(self.tap, counted / total, memory)


class FixedAttention(nn.Module):
    """One vector for all questions: a learned sum of the values, the same for every input.

    Each number of the vector has weights of its own over the places, so that it may hold what is
    where. Nothing passes a tap, since no place has one weight.
    Shapes: query (b, q), memory -> (b, e).

    Args:
        keys: values of an input.
        value_dim: length of a value, and of the answer.

    Raises:
        ValueError: a size is not positive; in `encode`, a shape that does not fit, or padding.
    """

    def __init__(self, *, keys: int, value_dim: int) -> None:
        super().__init__()
        require_positive(keys=keys, value_dim=value_dim)
        bound = 1 / math.sqrt(keys)
        self.places = nn.Parameter(torch.empty(keys, value_dim).uniform_(-bound, bound))

    def encode(self, values: Tensor, key_padding_mask: Tensor | None = None) -> Memory:
        """Squeeze values (b, k, e) into one: a memory with a single value."""
        whole = _unasked(values, key_padding_mask)
        if values.shape[1:] != self.places.shape or whole.key_padding_mask.any():
            raise ValueError(
                f"values have shape {tuple(values.shape)}: expected (batch, "
                f"{', '.join(map(str, self.places.shape))}), none of them padding"
            )
        vector = torch.einsum("bke,ke->be", values, self.places)
        return _unasked(rearrange(vector, "b e -> b 1 e"), None)

    def forward(self, query: Tensor, memory: Memory) -> Tensor:  # noqa: ARG002 - it never listens
        return rearrange(memory.values, "b 1 e -> b e")


def _unasked(values: Tensor, key_padding_mask: Tensor | None) -> Memory:
    """A memory whose keys have no numbers, since nothing is compared with them."""
    if values.ndim != 3:
        raise ValueError(f"values have shape {tuple(values.shape)}: expected (batch, keys, dim)")
    if key_padding_mask is None:
        key_padding_mask = torch.zeros(values.shape[:2], dtype=torch.bool, device=values.device)
    check_key_padding(key_padding_mask, values.shape[:2])
    return Memory(values[:, :, :0], values, key_padding_mask)
