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


def sample_photographs() -> Tensor:
    """Squares of scikit-learn's two photographs, a flower and a temple: (2, 3, 72, 72).

    Shrunk to 32 pixels first, as CIFAR-10's are. By vultilion and danielbuechele, CC BY 2.0.
    """
    from sklearn.datasets import load_sample_image

    squares = []
    for name, left in (("flower.jpg", 100), ("china.jpg", 0)):
        whole = torch.from_numpy(load_sample_image(name)[:427, left : left + 427].copy())
        square = rearrange(whole.float() / 255, "y x c -> 1 c y x")
        squares.append(F.interpolate(square, (32, 32), mode="area"))
    return enlarged(torch.cat(squares))


def flower_mask() -> Tensor:
    """Which pixels of the first sample photograph show flowers, two circles by eye: (72, 72)."""
    places = torch.arange(float(SIZE))
    y, x = places[:, None], places[None]
    return ((x - 35.5).hypot(y - 36) < 22.5) | ((x - 46).hypot(y - 78) < 16)


def recalled_maps(images: Tensor) -> dict[int, AttentionMap]:
    """For one head and for four: the map of a model from the book's weights, heads averaged.

    Where the weights are not at hand, the models are untrained.
    """
    found = {}
    for heads in HEADS.values():
        model = photograph_model(heads).eval()
        recall_weights(weights_name(heads), model, probe=probe)
        with torch.inference_mode(), record_attention(model) as maps:
            model(images)
        found[heads] = mean_over_heads(maps[0])
    return found
