"""Layers that see the tokens as the image they stand for.

Axes: b batch, n tokens, y and x the patch grid, d dim.
"""

from einops import rearrange
from torch import Tensor, nn

from companion.checks import require_positive
from companion.parts.mixing.token_mlp import require_length
from companion.parts.patches import PatchGrid


class OnGrid(nn.Module):
    """Lay tokens out on their grid for a layer that takes images: (b, n, d) -> (b, n, d).

    Args:
        grid: whose patches the tokens are, row by row.
        layer: (b, d, y, x) -> (b, d, y, x).

    Raises:
        ValueError: in `forward`, another number of tokens than the grid's patches.
    """

    def __init__(self, grid: PatchGrid, layer: nn.Module) -> None:
        super().__init__()
        self.grid = grid
        self.layer = layer

    def forward(self, tokens: Tensor) -> Tensor:
        require_length(tokens, self.grid.num_patches)
        image = rearrange(tokens, "b (y x) d -> b d y x", y=self.grid.rows)
        return rearrange(self.layer(image), "b d y x -> b (y x) d")


class AsTokens(nn.Module):
    """The other way: lay an image's places out as tokens for a layer: (b, d, y, x), same out.

    Args:
        layer: (b, n, d) -> (b, n, d), with the places in reading order.
    """

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, image: Tensor) -> Tensor:
        tokens = rearrange(image, "b d y x -> b (y x) d")
        return rearrange(self.layer(tokens), "b (y x) d -> b d y x", y=image.shape[2])


class DepthwiseConvolution(OnGrid):
    """Each channel takes from the places around by weights of its own: (b, n, d) -> (b, n, d).

    Weights depend on the distance of two places alone, so they are learned once for all places;
    beyond the edge stands zero. Source: Trockman and Kolter 2022, section 2.

    Raises:
        ValueError: a size is not positive; in `forward`, another number of tokens than the grid's.
    """

    def __init__(self, grid: PatchGrid, dim: int, *, kernel_size: int) -> None:
        super().__init__(grid, depthwise(dim, kernel_size=kernel_size))


def depthwise(dim: int, *, kernel_size: int) -> nn.Conv2d:
    """A convolution of each channel alone that keeps the size: (b, d, y, x) -> (b, d, y, x).

    Raises:
        ValueError: a size is not positive.
    """
    require_positive(dim=dim, kernel_size=kernel_size)
    return nn.Conv2d(dim, dim, kernel_size, groups=dim, padding="same")
