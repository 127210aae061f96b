"""ConvMixer (Trockman and Kolter 2022, https://arxiv.org/abs/2201.09792).

Axes: b batch, c channels, y and x the image or the patch grid, d dim.
"""

from typing import Literal

from torch import Tensor, nn

from companion.checks import require_positive
from companion.parts.mixing.on_grid import depthwise
from companion.parts.patches import PatchGrid

Activation = Literal["gelu", "relu"]
ACTIVATIONS: dict[str, type[nn.Module]] = {"gelu": nn.GELU, "relu": nn.ReLU}


class ConvMixerBlock(nn.Module):
    """Mix places within each channel, then channels within each place: (b, d, y, x), same out.

    The norm stands behind each layer and its activation, and only the first of the two steps adds
    its input: so a `MixingBlock` it is not.

    Raises:
        ValueError: a size is not positive, or the activation is not known.
    """

    def __init__(self, dim: int, *, kernel_size: int, activation: Activation = "gelu") -> None:
        super().__init__()
        self.spatial = activated(depthwise(dim, kernel_size=kernel_size), dim, activation)
        self.channel = activated(nn.Conv2d(dim, dim, 1), dim, activation)

    def forward(self, image: Tensor) -> Tensor:
        return self.channel(image + self.spatial(image))


class ConvMixer(nn.Module):
    """Patches, then convolutions alone: images (b, c, y, x) -> logits (b, num_classes).

    No layer belongs to a place, so images of any size may come that the patches tile.

    Args:
        grid: how images are cut.
        dim: channels between the layers. (The paper's names: ConvMixer-dim/depth.)
        depth: number of blocks.
        kernel_size: height and width of the depthwise kernels, in patches.
        num_classes: length of the logits.
        activation: "gelu", or "relu" as in the published ConvMixer-768/32.

    Raises:
        ValueError: a size is not positive, or the activation is not known; when called, images
            that the patches do not tile.
    """

    def __init__(
        self,
        grid: PatchGrid,
        *,
        dim: int,
        depth: int,
        kernel_size: int,
        num_classes: int,
        activation: Activation = "gelu",
    ) -> None:
        super().__init__()
        require_positive(dim=dim, depth=depth, num_classes=num_classes)
        self.grid = grid
        patches = nn.Conv2d(grid.channels, dim, grid.patch_size, stride=grid.patch_size)
        self.embed = activated(patches, dim, activation)
        self.blocks = nn.Sequential(
            *(
                ConvMixerBlock(dim, kernel_size=kernel_size, activation=activation)
                for _ in range(depth)
            )
        )
        self.head = nn.Linear(dim, num_classes)

    def features(self, images: Tensor) -> Tensor:
        """What leaves the last block: (b, c, y, x) -> (b, d, rows, columns)."""
        self.grid.check(images, any_size=True)
        return self.blocks(self.embed(images))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images).mean(dim=(2, 3)))


def activated(layer: nn.Module, dim: int, activation: Activation) -> nn.Sequential:
    """The layer, its activation, and the norm behind both, over images and places of a batch.

    Raises:
        ValueError: the activation is not known.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation={activation!r}: choose from {sorted(ACTIVATIONS)}")
    return nn.Sequential(layer, ACTIVATIONS[activation](), nn.BatchNorm2d(dim))
