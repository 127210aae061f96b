"""A small ResNet (He et al. 2016, https://arxiv.org/abs/1512.03385), the patch models' rival.

Axes: b batch, c channels, y and x the image.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from companion.checks import require_positive


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a sum: (b, c, y, x) -> (b, width, y / stride, x / stride).

    As in torchvision: batch normalisation before each activation, a ReLU after the sum, and where
    the shape changes, a 1x1 convolution with its norm on the way around.

    Raises:
        ValueError: a size is not positive.
    """

    def __init__(self, channels: int, width: int, *, stride: int = 1) -> None:
        super().__init__()
        require_positive(channels=channels, width=width, stride=stride)
        self.conv1 = nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.activation = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or channels != width:
            convolution = nn.Conv2d(channels, width, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(convolution, nn.BatchNorm2d(width))

    def forward(self, image: Tensor) -> Tensor:
        hidden = self.activation(self.norm1(self.conv1(image)))
        return self.activation(self.norm2(self.conv2(hidden)) + self.shortcut(image))


class ResNet(nn.Module):
    """Stages of residual blocks, each at half the resolution of the one before, and their mean.

    Images (b, c, y, x) of any size -> logits (b, num_classes). There are no patches: the stem is a
    3x3 convolution that overlaps, as in the paper's networks for CIFAR-10 (section 4.2). Training
    starts where torchvision's does: convolutions normal (He et al. 2015, by outputs).

    Args:
        channels: colour channels of the images.
        widths: channels of each stage; the first keeps the resolution. (64, 128, 256, 512.)
        depth: blocks in each stage. (2 in ResNet-18.)
        num_classes: length of the logits.

    Raises:
        ValueError: there is no stage, or a size is not positive.
    """

    def __init__(
        self, *, channels: int, widths: Sequence[int], depth: int, num_classes: int
    ) -> None:
        super().__init__()
        require_positive(channels=channels, depth=depth, num_classes=num_classes)
        if not widths:
            raise ValueError("widths is empty: give the channels of each stage, such as (16, 32)")
        self.stem = nn.Sequential(
            nn.Conv2d(channels, widths[0], 3, padding=1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        )
        blocks, seen = [], widths[0]
        for stage, width in enumerate(widths):
            for block in range(depth):
                stride = 2 if stage > 0 and block == 0 else 1
                blocks.append(BasicBlock(seen, width, stride=stride))
                seen = width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(seen, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def features(self, images: Tensor) -> Tensor:
        """What leaves the last block: (b, c, y, x) -> (b, d, rows, columns)."""
        return self.blocks(self.stem(images))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images).mean(dim=(2, 3)))
