"""Attention across two sequences: one asks, the other answers.

Axes: b batch, n tokens, m tokens of the memory, d dim, h heads, e dim of one head.
"""

from einops import rearrange
from torch import Tensor, nn

from companion.parts.attention.multi_head import KeysValues, attend, require_heads, require_tokens
from companion.parts.attention.tap import AttentionTap


class CrossAttention(nn.Module):
    """One sequence asks, another answers: (b, n, d) attends to memory (b, m, d) -> (b, n, d).

    Queries come from the tokens, keys and values from the memory. Otherwise it is multi-head
    attention (Vaswani et al. 2017, section 3.2.3); `attn_mask` is True where a token may attend.

    Raises:
        ValueError: `dim` is not divisible by `heads`, or a size is not positive; in `forward`,
            tokens or memory of another shape than (b, ..., dim), or a mask that does not fit.
    """

    def __init__(self, dim: int, *, heads: int) -> None:
        super().__init__()
        require_heads(dim, heads)
        self.dim = dim
        self.heads = heads
        self.query = nn.Linear(dim, dim)
        self.key_value = nn.Linear(dim, 2 * dim)
        self.tap = AttentionTap()
        self.output = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor, memory: Tensor, attn_mask: Tensor | None = None) -> Tensor:
        return self.attend(tokens, self.encode(memory), attn_mask)

    def encode(self, memory: Tensor) -> KeysValues:
        """The memory's keys and values, which stay the same while the tokens change."""
        require_tokens(memory, self.dim)
        k, v = rearrange(
            self.key_value(memory), "b m (two h e) -> two b h m e", two=2, h=self.heads
        )
        return KeysValues(k, v)

    def attend(self, tokens: Tensor, memory: KeysValues, attn_mask: Tensor | None = None) -> Tensor:
        """`forward`, with the memory's keys and values at hand."""
        require_tokens(tokens, self.dim)
        q = rearrange(self.query(tokens), "b n (h e) -> b h n e", h=self.heads)
        return self.output(attend(self.tap, q, *memory, attn_mask))
