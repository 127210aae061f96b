"""Where a token stands, and the token that stands for the whole image.

Axes: b batch, n tokens, d dim.
"""

import torch
from einops import repeat
from torch import Tensor, nn

from companion.parts.checks import require_positive


class ClassToken(nn.Module):
    """Put one learned token before all others: (b, n, d) -> (b, 1 + n, d).

    Its output is what the head reads (Dosovitskiy et al. 2021, equation 1, after BERT's [CLS]).
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        require_positive(dim=dim)
        self.token = nn.Parameter(torch.zeros(1, 1, dim))
        nn.init.normal_(self.token, std=1e-6)

    def forward(self, tokens: Tensor) -> Tensor:
        return torch.cat([repeat(self.token, "1 1 d -> b 1 d", b=len(tokens)), tokens], dim=1)


class LearnedPositions(nn.Module):
    """Add a learned vector to each place in the sequence: (b, n, d) -> (b, n, d).

    Every place has its own vector, the class token's too (Dosovitskiy et al. 2021, section 3.1).
    Without it attention cannot tell one order of the patches from another.

    Raises:
        ValueError: in `forward`, tokens of another number or dim than the table's.
    """

    def __init__(self, num_tokens: int, dim: int) -> None:
        super().__init__()
        require_positive(num_tokens=num_tokens, dim=dim)
        self.table = nn.Parameter(torch.empty(1, num_tokens, dim))
        nn.init.trunc_normal_(self.table, std=0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        if tokens.shape[1:] != self.table.shape[1:]:
            places, dim = self.table.shape[1:]
            raise ValueError(
                f"tokens have shape {tuple(tokens.shape)}: this layer knows (batch, {places}, "
                f"{dim}); build it with another num_tokens or dim"
            )
        return tokens + self.table
