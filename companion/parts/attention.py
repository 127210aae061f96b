"""Multi-head self-attention, and the tap through which its weights can be seen.

Axes: b batch, n tokens, d dim, h heads, e dim of one head, q and k query and key positions.
"""

from typing import NamedTuple

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from companion.parts.checks import require_positive


class TokenLayout(NamedTuple):
    """What the tokens of a sequence stand for: some prefix tokens, then a grid of patches."""

    prefix: int
    rows: int
    columns: int


class AttentionTap(nn.Identity):
    """The place where attention weights (b, h, q, k) pass by, when somebody listens.

    A listener is a forward hook. It may also replace the weights, for example to switch a head off.
    """

    layout: TokenLayout | None = None

    @property
    def listening(self) -> bool:
        """Whether anybody listens."""
        return bool(self._forward_hooks)


def attention_weights(q: Tensor, k: Tensor) -> Tensor:
    """How much each query takes from each key: softmax(q k^T / sqrt(e)).

    Shapes: (b, h, q, e), (b, h, k, e) -> (b, h, q, k). Rows sum to one.
    Source: Vaswani et al. 2017, equation 1.
    """
    scores = q @ rearrange(k, "b h k e -> b h e k") * q.shape[-1] ** -0.5
    return scores.softmax(dim=-1)


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each on its own slice of `dim`: (b, n, d) -> (b, n, d).

    Uses torch's fused kernel, which never forms the weights. Only when somebody listens at
    `tap` are they computed, and then the output is the same up to rounding.
    Source: Vaswani et al. 2017, section 3.2.2.

    Raises:
        ValueError: `dim` is not divisible by `heads`, or a size is not positive; in `forward`,
            tokens of another shape than (b, n, dim).
    """

    def __init__(self, dim: int, *, heads: int) -> None:
        super().__init__()
        require_positive(dim=dim, heads=heads)
        if dim % heads:
            raise ValueError(f"dim={dim} is not divisible by heads={heads}")
        self.dim = dim
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.tap = AttentionTap()
        self.output = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        if tokens.shape[2:] != (self.dim,):
            raise ValueError(
                f"tokens have shape {tuple(tokens.shape)}: this layer takes "
                f"(batch, tokens, {self.dim}); build it with another dim, or reshape the tokens"
            )
        q, k, v = rearrange(
            self.qkv(tokens), "b n (three h e) -> three b h n e", three=3, h=self.heads
        )
        if self.tap.listening:
            mixed = self.tap(attention_weights(q, k)) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v)
        return self.output(rearrange(mixed, "b h n e -> b n (h e)"))
