"""Attention whose weights do not depend on what the tokens hold: controls to train beside it.

Axes: b batch, n tokens, d dim, h heads, e dim of one head, q and k query and key positions.
"""

import torch
from einops import rearrange, repeat
from torch import Tensor, nn

from companion.checks import require_positive
from companion.parts.attention.multi_head import require_heads, require_tokens
from companion.parts.attention.tap import AttentionTap
from companion.parts.mixing.token_mlp import require_length


class ContentFreeAttention(nn.Module):
    """Multi-head attention without queries and keys: (b, n, d) -> (b, n, d).

    Values, heads and output map are those of attention. Only the weights come from elsewhere, and
    are the same for every input. They pass an `AttentionTap`, so they can be recorded and changed.

    Args:
        dim: length of a token.
        weights: gives the weights (h, q, k), rows summing to one.

    Raises:
        ValueError: `dim` is not divisible by the number of heads, or a size is not positive; in
            `forward`, tokens of another number or length.
    """

    def __init__(self, dim: int, *, weights: "PlaceWeights") -> None:
        super().__init__()
        require_heads(dim, weights.heads)
        self.dim = dim
        self.weights = weights
        self.values = nn.Linear(dim, dim)
        self.tap = AttentionTap()
        self.output = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        require_tokens(tokens, self.dim)
        require_length(tokens, self.weights.num_tokens)
        values = rearrange(self.values(tokens), "b n (h e) -> b h n e", h=self.weights.heads)
        weights = self.tap(repeat(self.weights(), "h q k -> b h q k", b=len(tokens)))
        return self.output(rearrange(weights.to(values) @ values, "b h n e -> b n (h e)"))


class PlaceWeights(nn.Module):
    """How much each place takes from each, from a table of scores: () -> (h, q, k).

    Args:
        num_tokens: places.
        heads: maps side by side.

    Raises:
        ValueError: a size is not positive.
    """

    scores: Tensor

    def __init__(self, num_tokens: int, *, heads: int) -> None:
        super().__init__()
        require_positive(num_tokens=num_tokens, heads=heads)
        self.num_tokens = num_tokens
        self.heads = heads

    def forward(self) -> Tensor:
        return self.scores.softmax(dim=-1)

    def _table(self, std: float) -> Tensor:
        return std * torch.randn(self.heads, self.num_tokens, self.num_tokens)


class EvenWeights(PlaceWeights):
    """Every place takes the same from all, whatever happens."""

    def __init__(self, num_tokens: int, *, heads: int = 1) -> None:
        super().__init__(num_tokens, heads=heads)
        self.register_buffer("scores", self._table(0.0), persistent=False)


class LearnedWeights(PlaceWeights):
    """A learned score for each pair of places: the Random Synthesizer.

    Source: Tay et al. 2021, section 3.1, https://arxiv.org/abs/2005.00743. Scores start normal with
    a deviation of `std`, so near an even look.
    """

    def __init__(self, num_tokens: int, *, heads: int, std: float = 0.02) -> None:
        super().__init__(num_tokens, heads=heads)
        self.scores = nn.Parameter(self._table(std))


class FrozenWeights(PlaceWeights):
    """Scores drawn once, normal with a deviation of `std`, never learned; kept with the model."""

    def __init__(self, num_tokens: int, *, heads: int, std: float = 2.0) -> None:
        super().__init__(num_tokens, heads=heads)
        self.register_buffer("scores", self._table(std))
