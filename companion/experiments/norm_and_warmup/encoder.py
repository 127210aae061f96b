"""An encoder whose norms stand where one likes, and whose scores are divided or not.

Axes: b batch, n letters, d dim, v vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from companion.models.transformer import PADDING, TokenEmbedding
from companion.parts import FeedForward, MultiHeadAttention, SinusoidalPositions, key_mask

NORM_EPS = 1e-6


@dataclass(frozen=True)
class Recipe:
    """What is varied.

    Args:
        norm_first: pre-norm; False is post-norm, as Vaswani et al. 2017 had it.
        warmup: share of the steps over which the learning rate rises.
        depth: layers.
        heads: heads in each of them.
        divided: whether scores are divided by the root of a head's length.
        small_start: whether the first W_Q (and its bias) is divided by that root instead, once.
    """

    norm_first: bool = True
    warmup: float = 0.1
    depth: int = 6
    heads: int = 4
    divided: bool = True
    small_start: bool = False


class UndividedAttention(MultiHeadAttention):
    """Multi-head attention by the dot products themselves: (b, n, d) -> (b, n, d)."""

    def _queries_keys_values(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = super()._queries_keys_values(tokens)
        return q * q.shape[-1] ** 0.5, k, v


class Layer(nn.Module):
    """Attention and an MLP, each with its input added, normed before or after: (b, n, d) -> same.

    With the same weights it is torch's `TransformerEncoderLayer` with that `norm_first`.
    """

    def __init__(self, dim: int, recipe: Recipe) -> None:
        super().__init__()
        attention = MultiHeadAttention if recipe.divided else UndividedAttention
        self.norm_first = recipe.norm_first
        self.norm1 = nn.LayerNorm(dim, eps=NORM_EPS)
        self.attention = attention(dim, heads=recipe.heads)
        if recipe.small_start:
            with torch.no_grad():
                for each in (self.attention.qkv.weight, self.attention.qkv.bias):
                    each[:dim] /= (dim / recipe.heads) ** 0.5
        self.norm2 = nn.LayerNorm(dim, eps=NORM_EPS)
        self.feed_forward = FeedForward(dim, 4 * dim)

    def forward(self, tokens: Tensor, attn_mask: Tensor | None = None) -> Tensor:
        if self.norm_first:
            tokens = tokens + self.attention(self.norm1(tokens), attn_mask)
            return tokens + self.feed_forward(self.norm2(tokens))
        tokens = self.norm1(tokens + self.attention(tokens, attn_mask))
        return self.norm2(tokens + self.feed_forward(tokens))


class Encoder(nn.Module):
    """Reads a word and writes a letter at each place: ids (b, n) -> logits (b, n, v).

    Pre-norm has one norm more, after the last layer, where post-norm has its own already.
    """

    def __init__(self, vocabulary: int, *, dim: int, max_length: int, recipe: Recipe) -> None:
        super().__init__()
        self.embed = TokenEmbedding(vocabulary, dim)
        self.positions = SinusoidalPositions(max_length, dim)
        self.layers = nn.ModuleList(Layer(dim, recipe) for _ in range(recipe.depth))
        self.norm = nn.LayerNorm(dim, eps=NORM_EPS) if recipe.norm_first else nn.Identity()
        self.head = nn.Linear(dim, vocabulary)

    def forward(self, source: Tensor) -> Tensor:
        attn_mask = key_mask(source == PADDING)
        tokens = self.positions(self.embed(source))
        for layer in self.layers:
            tokens = layer(tokens, attn_mask)
        return self.head(self.norm(tokens))
