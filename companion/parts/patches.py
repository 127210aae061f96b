"""Images cut into patches, and patches into tokens.

Axes: b batch, c channels, y and x a patch's row and column in the image,
p and q a pixel's row and column in its patch, n patches, d dim.
"""

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn

from companion.checks import require_positive


@dataclass(frozen=True)
class PatchGrid:
    """How a square image is cut into square patches.

    Args:
        image_size: height and width of the image, in pixels.
        patch_size: height and width of a patch, in pixels.
        channels: colour channels of the image.

    Raises:
        ValueError: a size is not positive, or the patches do not tile the image.
    """

    image_size: int
    patch_size: int
    channels: int = 3

    def __post_init__(self) -> None:
        require_positive(
            image_size=self.image_size, patch_size=self.patch_size, channels=self.channels
        )
        if self.image_size % self.patch_size:
            divisors = [p for p in range(1, self.image_size + 1) if self.image_size % p == 0]
            raise ValueError(
                f"image_size={self.image_size} is not divisible by patch_size={self.patch_size}: "
                f"choose a patch_size from {divisors}, or resize the images"
            )

    @property
    def rows(self) -> int:
        """Patches from top to bottom."""
        return self.image_size // self.patch_size

    @property
    def columns(self) -> int:
        """Patches from left to right."""
        return self.image_size // self.patch_size

    @property
    def num_patches(self) -> int:
        """Patches in an image."""
        return self.rows * self.columns

    @property
    def patch_dim(self) -> int:
        """Numbers in a patch: channels times pixels."""
        return self.channels * self.patch_size**2

    def check(self, images: Tensor, *, any_size: bool = False) -> None:
        """Refuse images that this grid was not made for.

        Args:
            images: (b, c, y, x), floating point.
            any_size: images of other sizes may come too, if the patches tile them.

        Raises:
            ValueError: naming the shape or type given and the one expected.
        """
        expected = (self.channels, self.image_size, self.image_size)
        wanted = f"(batch, {', '.join(map(str, expected))})"
        if not isinstance(images, Tensor):
            raise ValueError(
                f"images are a {type(images).__name__}: give a tensor of shape {wanted}, "
                "for arrays torch.from_numpy(images)"
            )
        if images.ndim != 4:
            hint = "; add the batch axis with images[None]" if images.shape == expected else ""
            raise ValueError(
                f"images have shape {tuple(images.shape)}: expected four axes, {wanted}{hint}"
            )
        if any_size and images.shape[1] == self.channels:
            self._check_tiled(images)
        elif images.shape[1:] != expected:
            raise ValueError(
                f"images have shape {tuple(images.shape)}: this model takes {wanted}; resize the "
                "images, or build the model with another PatchGrid, or a ViT with any_size=True"
            )
        if not images.is_floating_point():
            raise ValueError(
                f"images are {images.dtype}: scale them to floating point first, "
                "for bytes images.float() / 255"
            )

    def _check_tiled(self, images: Tensor) -> None:
        if 0 in images.shape[2:] or any(size % self.patch_size for size in images.shape[2:]):
            raise ValueError(
                f"images have shape {tuple(images.shape)}: crop or pad them to a multiple of "
                f"patch_size={self.patch_size}"
            )


def to_patches(images: Tensor, patch_size: int) -> Tensor:
    """Cut images into patches, row by row, and lay each patch out flat.

    Shapes: (b, c, y*p, x*p) -> (b, y*x, c*p*p). No value changes: `from_patches` undoes it.

    Raises:
        ValueError: images without four axes, or whose height or width is not divisible by
            `patch_size`.
    """
    require_positive(patch_size=patch_size)
    if images.ndim != 4:
        raise ValueError(
            f"images have shape {tuple(images.shape)}: expected four axes, (batch, channels, "
            "height, width); add a batch axis with images[None]"
        )
    height, width = images.shape[-2:]
    if height % patch_size or width % patch_size:
        raise ValueError(f"{height}x{width} images are not divisible by patch_size={patch_size}")
    return rearrange(images, "b c (y p) (x q) -> b (y x) (c p q)", p=patch_size, q=patch_size)


def from_patches(patches: Tensor, grid: PatchGrid) -> Tensor:
    """Put patches back together: the inverse of `to_patches`.

    Shapes: (b, y*x, c*p*p) -> (b, c, y*p, x*p).

    Raises:
        ValueError: number or length of the patches does not fit the grid, or there are not three
            axes.
    """
    if patches.shape[1:] != (grid.num_patches, grid.patch_dim):
        raise ValueError(
            f"patches have shape {tuple(patches.shape)}: the grid needs "
            f"(batch, {grid.num_patches}, {grid.patch_dim})"
        )
    return rearrange(
        patches,
        "b (y x) (c p q) -> b c (y p) (x q)",
        y=grid.rows,
        c=grid.channels,
        p=grid.patch_size,
    )


class PatchEmbed(nn.Module):
    """A linear map of each flattened patch to a token: (b, c, y, x) -> (b, n, d).

    The same as a convolution whose kernel and stride are the patch size
    (Dosovitskiy et al. 2021, equation 1).

    Args:
        grid: how images are cut.
        dim: length of a token.
        any_size: take images of other sizes than the grid's too, if the patches tile them.

    Raises:
        ValueError: in `forward`, images of another shape or type than the grid's.
    """

    def __init__(self, grid: PatchGrid, dim: int, *, any_size: bool = False) -> None:
        super().__init__()
        require_positive(dim=dim)
        self.grid = grid
        self.any_size = any_size
        self.projection = nn.Linear(grid.patch_dim, dim)

    def forward(self, images: Tensor) -> Tensor:
        self.grid.check(images, any_size=self.any_size)
        weight = self.projection.weight
        if images.dtype != weight.dtype and not torch.is_autocast_enabled(images.device.type):
            raise ValueError(
                f"images are {images.dtype}, the model is {weight.dtype}: "
                f"convert with images.to({weight.dtype})"
            )
        return self.projection(to_patches(images, self.grid.patch_size))
