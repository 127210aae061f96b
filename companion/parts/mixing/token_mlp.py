"""An MLP along the tokens instead of attention among them.

Axes: b batch, n tokens, d dim.
"""

from einops import rearrange
from torch import Tensor, nn

from companion.checks import require_positive
from companion.parts.blocks import FeedForward


class TokenMLP(nn.Module):
    """The same MLP along the tokens of every channel: (b, n, d) -> (b, n, d).

    The weights belong to places, and are learned once for all images. So the number of tokens is
    fixed.
    Source: Tolstikhin et al. 2021, equation 1, https://arxiv.org/abs/2105.01601.

    Args:
        num_tokens: tokens of a sequence.
        hidden_dim: hidden length, D_S in the paper.
        dropout: in the MLP.

    Raises:
        ValueError: a size is not positive; in `forward`, another number of tokens.
    """

    def __init__(self, num_tokens: int, hidden_dim: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        require_positive(num_tokens=num_tokens, hidden_dim=hidden_dim)
        self.num_tokens = num_tokens
        self.mlp = FeedForward(num_tokens, hidden_dim, dropout=dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        require_length(tokens, self.num_tokens)
        channels = rearrange(tokens, "b n d -> b d n")
        return rearrange(self.mlp(channels), "b d n -> b n d")


def require_length(tokens: Tensor, num_tokens: int) -> None:
    """Refuse sequences that are not (b, num_tokens, d). Raises `ValueError` with the shape."""
    if tokens.ndim != 3 or tokens.shape[1] != num_tokens:
        raise ValueError(
            f"tokens have shape {tuple(tokens.shape)}: this layer takes (batch, {num_tokens}, "
            "dim); what it learned belongs to the places of one grid, so resize the images"
        )
