"""Token mixers that have nothing to learn: a shift, a Fourier transform, and none at all.

Axes: b batch, n tokens, d dim, y and x the patch grid.
"""

import torch
from einops import rearrange
from torch import Tensor, nn

from companion.parts.mixing.token_mlp import require_length
from companion.parts.patches import PatchGrid

STEPS = ((0, -1), (0, 1), (-1, 0), (1, 0))  # (down, right): from the left, right, above, below


class ShiftMixing(nn.Module):
    """A quarter of the channels each from the place at the left, right, above, below.

    Shapes: (b, n, d) -> (b, n, d). Beyond the edge stands zero. What is left of `d` after four
    quarters stays. Source: Wang et al. 2022 (ShiftViT), https://arxiv.org/abs/2201.10801.

    Raises:
        ValueError: in `forward`, another number of tokens than the grid's patches.
    """

    def __init__(self, grid: PatchGrid) -> None:
        super().__init__()
        self.grid = grid

    def forward(self, tokens: Tensor) -> Tensor:
        require_length(tokens, self.grid.num_patches)
        image = rearrange(tokens, "b (y x) d -> b y x d", y=self.grid.rows)
        quarter = tokens.shape[2] // 4
        *moving, rest = image.split([quarter] * 4 + [tokens.shape[2] - 4 * quarter], dim=3)
        moved = [_from(part, *step) for part, step in zip(moving, STEPS, strict=True)]
        return rearrange(torch.cat([*moved, rest], dim=3), "b y x d -> b (y x) d")


def _from(image: Tensor, down: int, right: int) -> Tensor:
    """What stood `down` and `right` of each place; zero beyond the edge. (b, y, x, d)"""
    padded = nn.functional.pad(image, (0, 0, 1, 1, 1, 1))
    rows, columns = image.shape[1:3]
    return padded[:, 1 + down : 1 + down + rows, 1 + right : 1 + right + columns]


class FourierMixing(nn.Module):
    """The real part of the Fourier transform along tokens and channels: (b, n, d) -> (b, n, d).

    Scaled so that lengths stay. Source: Lee-Thorp et al. 2022 (FNet),
    https://arxiv.org/abs/2105.03824.
    """

    def forward(self, tokens: Tensor) -> Tensor:
        whole = tokens.to(torch.promote_types(tokens.dtype, torch.float32))
        return torch.fft.fft2(whole, dim=(1, 2), norm="ortho").real.to(tokens.dtype)


class NoMixing(nn.Module):
    """Nothing comes from anywhere: zeros (b, n, d), so that a residual step changes nothing."""

    def forward(self, tokens: Tensor) -> Tensor:
        return torch.zeros_like(tokens)
