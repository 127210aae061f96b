"""Two photographs that may stand in the book, and what the models look at in them."""

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from companion.experiments.photographs.model import (
    HEADS,
    SIZE,
    enlarged,
    photograph_model,
    probe,
    weights_name,
)
from companion.inspection import AttentionMap, mean_over_heads, record_attention
from companion.lessons.weights import recall_weights
from companion.parts import PatchClassifier

NAMES, LEFTS = ("flower.jpg", "china.jpg"), (100, 0)


def whole_photographs() -> Tensor:
    """scikit-learn's two photographs, a flower and a temple, as they come: (2, 3, 427, 640).

    By vultilion and danielbuechele, CC BY 2.0.
    """
    from sklearn.datasets import load_sample_image

    wholes = [torch.from_numpy(load_sample_image(name).copy()) for name in NAMES]
    return rearrange(torch.stack(wholes).float() / 255, "n y x c -> n c y x")


def sample_photographs() -> Tensor:
    """Their squares that the models see: (2, 3, 72, 72).

    Shrunk to 32 pixels first, as CIFAR-10's are. A square is as high as its photograph and begins
    so many pixels from the left as `LEFTS` says.
    """
    wholes = whole_photographs()
    high = wholes.shape[2]
    squares = [whole[:, :, left : left + high] for whole, left in zip(wholes, LEFTS, strict=True)]
    return enlarged(F.interpolate(torch.stack(squares), (32, 32), mode="area"))


def flower_mask() -> Tensor:
    """Which pixels of the first sample photograph show flowers, two circles by eye: (72, 72)."""
    places = torch.arange(float(SIZE))
    y, x = places[:, None], places[None]
    return ((x - 35.5).hypot(y - 36) < 22.5) | ((x - 46).hypot(y - 78) < 16)


def recalled_models() -> dict[int, PatchClassifier]:
    """For one head and for four: the model with the book's weights, untrained without them."""
    found = {}
    for heads in HEADS.values():
        found[heads] = photograph_model(heads).eval()
        recall_weights(weights_name(heads), found[heads], probe=probe)
    return found


def recalled_maps(images: Tensor) -> dict[int, AttentionMap]:
    """For one head and for four: the map of the recalled model, heads averaged."""
    found = {}
    for heads, model in recalled_models().items():
        with torch.inference_mode(), record_attention(model) as maps:
            model(images)
        found[heads] = mean_over_heads(maps[0])
    return found
