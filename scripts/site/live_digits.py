"""scikit-learn's digits made into what MNIST's images are, for the live page; how many are read.

Axes: n images, y x rows and columns.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

SIDE, BOX, MIDDLE = 28, 20, 14  # LeCun et al. 1998; MIDDLE as measured on MNIST's images
EACH = 2


def picks() -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The first two of each digit, whatever the model makes of them: label and (28, 28) pixels."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    for digit in range(10):
        for index in np.flatnonzero(labels == digit)[:EACH]:
            image = as_mnist(torch.from_numpy(images[index].reshape(8, 8) / 16).float())
            yield digit, (255 * image).round().numpy().astype(np.uint8)


def as_mnist(image: Tensor) -> Tensor:
    """(8, 8) -> (28, 28): the digit fitted into 20 x 20, its centre of mass in the middle."""
    rows, columns = (image.sum(axis).nonzero().flatten() for axis in (1, 0))
    digit = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    zoom = BOX / max(digit.shape)
    size = [max(1, round(zoom * side)) for side in digit.shape]
    large = F.interpolate(digit[None, None], size, mode="bicubic")[0, 0].clamp(0, 1)
    mass = large.sum()
    field = torch.zeros(3 * SIDE, 3 * SIDE)
    down = (large.sum(1) * torch.arange(size[0])).sum() / mass
    across = (large.sum(0) * torch.arange(size[1])).sum() / mass
    top, left = (round(SIDE + MIDDLE - float(centre)) for centre in (down, across))
    field[top : top + size[0], left : left + size[1]] = large
    return field[SIDE : 2 * SIDE, SIDE : 2 * SIDE]


def reading(weights: Path, sizes: dict[str, Any]) -> tuple[int, int]:
    """How many of scikit-learn's digits the model reads right, made so; and of how many."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    prepared = [as_mnist(torch.from_numpy(row.reshape(8, 8) / 16).float()) for row in images]
    with torch.inference_mode():
        logits = stored_model(weights, sizes)(torch.stack(prepared)[:, None])
    return int((logits.argmax(1).numpy() == labels).sum()), len(labels)


def stored_model(weights: Path, sizes: dict[str, Any]) -> torch.nn.Module:
    """Chapter 4's model with the stored weights, ready to answer."""
    from companion.models import ViT
    from companion.parts import PatchGrid
    from companion.training import load_model

    grid = PatchGrid(sizes["image_size"], sizes["patch_size"], 1)
    kept = {name: sizes[name] for name in ("dim", "depth", "heads", "num_classes")}
    model = ViT(grid, **kept).eval()
    load_model(model, weights)
    return model
