"""The ViT's rival: a plain convolutional network of as many parameters."""

import math

import torch
from torch import nn

from companion.checks import require_positive
from companion.cost import count_parameters


def convnet(width: int, *, image_size: int, channels: int, num_classes: int) -> nn.Sequential:
    """Three 3x3 convolutions, `width`, then twice and four times as wide, and a linear map.

    Images (b, c, y, x) -> logits (b, num_classes). The second and third convolution halve the
    image; so does the first where images have 28 pixels or more. The linear map sees each place of
    the last one by itself: nothing is averaged over the image.

    Raises:
        ValueError: a size is not positive.
    """
    require_positive(width=width, image_size=image_size, channels=channels)
    require_positive(num_classes=num_classes)
    layers: list[nn.Module] = []
    first, seen = max(1, image_size // 14), channels
    for i, stride in enumerate((first, 2, 2)):
        out = width * 2**i
        conv = nn.Conv2d(seen, out, 3, stride, padding=1, bias=False)
        layers += [conv, nn.BatchNorm2d(out), nn.ReLU()]
        seen = out
    side = math.ceil(image_size / first / 4)
    layers += [nn.AdaptiveAvgPool2d(side), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(seen * side**2, num_classes))


def matched_convnet(
    parameters: int, *, image_size: int, channels: int, num_classes: int
) -> nn.Sequential:
    """`convnet` at the width, of 2 to 79, at which it has nearest to so many parameters.

    Raises:
        ValueError: a size is not positive.
    """
    sizes = {"image_size": image_size, "channels": channels, "num_classes": num_classes}
    with torch.device("meta"):
        counts = {w: count_parameters(convnet(w, **sizes)) for w in range(2, 80)}
    return convnet(min(counts, key=lambda w: abs(counts[w] - parameters)), **sizes)
