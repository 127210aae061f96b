"""The layers of a Transformer's encoder and decoder (Vaswani et al. 2017, section 3.1).

Pre-norm, but for `PostNormLayer`, which is as that paper and BERT had it.

Axes: b batch, m tokens of the memory, n tokens, d dim.
"""

from torch import Tensor, nn

from companion.checks import require_fraction
from companion.parts.attention.cross import CrossAttention
from companion.parts.attention.multi_head import KeysValues, MultiHeadAttention
from companion.parts.blocks import NORM_EPS, FeedForward, MixingBlock


class EncoderLayer(MixingBlock):
    """Attention among the tokens, then an MLP on each: (b, n, d) -> (b, n, d).

    It is the block of a Vision Transformer, with an `attn_mask` that is True where one token may
    attend to another, and False, for example, at padding.
    """

    def __init__(self, dim: int, *, heads: int, hidden_dim: int, dropout: float = 0.0) -> None:
        super().__init__(
            dim,
            token_mixer=MultiHeadAttention(dim, heads=heads),
            channel_mixer=FeedForward(dim, hidden_dim, dropout=dropout),
            dropout=dropout,
        )

    def forward(self, tokens: Tensor, attn_mask: Tensor | None = None) -> Tensor:
        tokens = tokens + self.dropout(self.token_mixer(self.norm1(tokens), attn_mask))
        return tokens + self.dropout(self.channel_mixer(self.norm2(tokens)))


class PostNormLayer(nn.Module):
    """Attention among the tokens, then an MLP on each, both normed afterwards: (b, n, d) -> same.

    The norm stands behind the sum of a step and its input, so that no token passes unchanged.
    `attn_mask` is True where one token may attend to another.
    Source: Vaswani et al. 2017, section 3.1, as in BERT (Devlin et al. 2019).
    """

    def __init__(
        self, dim: int, *, heads: int, hidden_dim: int, dropout: float = 0.0, norm_eps: float
    ) -> None:
        super().__init__()
        require_fraction(dropout=dropout)
        self.token_mixer = MultiHeadAttention(dim, heads=heads)
        self.norm1 = nn.LayerNorm(dim, eps=norm_eps)
        self.channel_mixer = FeedForward(dim, hidden_dim)
        self.norm2 = nn.LayerNorm(dim, eps=norm_eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, attn_mask: Tensor | None = None) -> Tensor:
        tokens = self.norm1(tokens + self.dropout(self.token_mixer(tokens, attn_mask)))
        return self.norm2(tokens + self.dropout(self.channel_mixer(tokens)))


class DecoderLayer(nn.Module):
    """Attention among the tokens, attention to the memory, an MLP: (b, n, d) -> (b, n, d).

    Each is a residual step with its norm before it. The memory (b, m, d) is the encoder's output.
    `attn_mask` is True where a token may attend to another, `memory_mask` where to the memory.
    """

    def __init__(self, dim: int, *, heads: int, hidden_dim: int, dropout: float = 0.0) -> None:
        super().__init__()
        require_fraction(dropout=dropout)
        self.norm1 = nn.LayerNorm(dim, eps=NORM_EPS)
        self.self_attention = MultiHeadAttention(dim, heads=heads)
        self.norm2 = nn.LayerNorm(dim, eps=NORM_EPS)
        self.cross_attention = CrossAttention(dim, heads=heads)
        self.norm3 = nn.LayerNorm(dim, eps=NORM_EPS)
        self.feed_forward = FeedForward(dim, hidden_dim, dropout=dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        tokens: Tensor,
        memory: Tensor,
        attn_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
    ) -> Tensor:
        tokens = tokens + self.dropout(self.self_attention(self.norm1(tokens), attn_mask))
        kept = self.cross_attention.encode(memory)
        return self._use_memory(tokens, kept, memory_mask)

    def extend(
        self,
        token: Tensor,
        past: KeysValues,
        memory: KeysValues,
        memory_mask: Tensor | None = None,
    ) -> tuple[Tensor, KeysValues]:
        """One more token (b, 1, d) after those in `past`: its output, and what to keep of all."""
        found, past = self.self_attention.extend(self.norm1(token), past)
        token = token + self.dropout(found)
        return self._use_memory(token, memory, memory_mask), past

    def _use_memory(self, tokens: Tensor, memory: KeysValues, attn_mask: Tensor | None) -> Tensor:
        found = self.cross_attention.attend(self.norm2(tokens), memory, attn_mask)
        tokens = tokens + self.dropout(found)
        return tokens + self.dropout(self.feed_forward(self.norm3(tokens)))
