"""Where a token stands, and the token that stands for the whole image.

Axes: b batch, n tokens, p prefix tokens, y and x the patch grid, d dim.
"""

import torch
from einops import rearrange, repeat
from torch import Tensor, nn
from torch.nn import functional as F

from companion.checks import require_positive
from companion.parts.attention.tap import TokenLayout


class ClassToken(nn.Module):
    """Put one learned token before all others: (b, n, d) -> (b, 1 + n, d).

    Its output is what the head reads (Dosovitskiy et al. 2021, equation 1, after BERT's [CLS]).
    It starts normal with standard deviation 1e-6, as timm's.
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
    Without it attention cannot tell one order of the patches from another. The vectors start normal
    with standard deviation 0.02, as timm's.

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


def resize_positions(table: Tensor, old: TokenLayout, new: TokenLayout) -> Tensor:
    """Position vectors for another grid: (1, p + y*x, d) -> (1, p + y'*x', d).

    Those of the patches are an image of d channels, enlarged or reduced (bicubic, smoothed where
    it shrinks); those of the p prefix tokens stay. The same as timm's `resample_abs_pos_embed`.
    Source: Dosovitskiy et al. 2021, section 3.2.

    Raises:
        ValueError: the table is not of `old`'s tokens, or the prefixes differ.
    """
    if table.ndim != 3 or table.shape[1] != old.num_tokens or old.prefix != new.prefix:
        raise ValueError(
            f"positions of shape {tuple(table.shape)} and layouts {old}, {new}: expected "
            f"(1, {old.num_tokens}, dim) and one prefix"
        )
    if (old.rows, old.columns) == (new.rows, new.columns):
        return table
    prefix, patches = table[:, : old.num_prefix], table[:, old.num_prefix :]
    # Channels last in memory, as in timm: laid out otherwise, torch 2.13 smooths grids of one
    # column wrongly.
    plane = rearrange(patches.float(), "1 (y x) d -> 1 y x d", y=old.rows).movedim(-1, 1)
    resized = F.interpolate(plane, (new.rows, new.columns), mode="bicubic", antialias=True)
    return torch.cat([prefix, rearrange(resized, "1 d y x -> 1 (y x) d").to(table)], dim=1)


def sinusoids(num_tokens: int, dim: int) -> Tensor:
    """A fixed vector for each place, sines and cosines of falling frequency: (n, d).

    Entry (p, 2i) is sin(p / 10000^(2i / d)), entry (p, 2i + 1) its cosine. The dot product of two
    places depends on their distance alone. Source: Vaswani et al. 2017, section 3.5.

    Raises:
        ValueError: a size is not positive, or `dim` is odd.
    """
    require_positive(num_tokens=num_tokens, dim=dim)
    if dim % 2:
        raise ValueError(f"dim={dim} is odd: each frequency takes a sine and a cosine")
    places = torch.arange(num_tokens, dtype=torch.double)
    frequencies = 10_000.0 ** (-torch.arange(0, dim, 2, dtype=torch.double) / dim)
    angles = torch.outer(places, frequencies)
    pairs = torch.stack([angles.sin(), angles.cos()], dim=-1)
    return rearrange(pairs, "n i two -> n (i two)").float()


class SinusoidalPositions(nn.Module):
    """Add the sinusoids of each place: (b, n, d) -> (b, n, d), for up to `max_length` tokens.

    Nothing in it is learned or stored with the weights.

    Raises:
        ValueError: in `forward`, tokens that go beyond `max_length` or have another dim.
    """

    table: Tensor

    def __init__(self, max_length: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("table", sinusoids(max_length, dim), persistent=False)

    def forward(self, tokens: Tensor, first: int = 0) -> Tensor:
        """Add to `tokens` the places from number `first` on."""
        last = first + tokens.shape[1]
        longest, dim = self.table.shape
        if last > longest or tokens.shape[2:] != (dim,):
            raise ValueError(
                f"tokens have shape {tuple(tokens.shape)}, from place {first}: this layer knows "
                f"{longest} places of dim {dim}; build it with another max_length or dim"
            )
        return tokens + self.table[first:last]
