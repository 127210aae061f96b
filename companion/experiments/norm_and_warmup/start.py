"""What a recipe's gradients are before its first step."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import nn

from companion.data import make_reversals
from companion.experiments.norm_and_warmup import RECIPES, SETTINGS, letters_loss
from companion.experiments.norm_and_warmup.encoder import Encoder


class FirstGradients(NamedTuple):
    """Lengths of the gradient.

    Attributes:
        queries: of the first layer's W_Q.
        layers: of all parameters of each layer, the first layer first.
    """

    queries: float
    layers: list[float]


def first_gradients(recipe: str, *, seed: int, words: int = 64) -> FirstGradients:
    """The gradients of a recipe's encoder on so many words, before any step.

    Raises:
        KeyError: there is no such recipe.
    """
    dim, longest = int(SETTINGS["dim"]), int(SETTINGS["longest"])
    drawn = make_reversals(words, lengths=range(1, longest + 1), seed=seed)
    torch.manual_seed(seed)
    vocabulary = len(drawn.source_vocabulary)
    encoder = Encoder(vocabulary, dim=dim, max_length=longest, recipe=RECIPES[recipe])
    torch.autograd.backward(letters_loss(encoder, drawn.whole))
    maps = encoder.get_submodule("layers.0.attention.qkv").get_parameter("weight").grad
    assert maps is not None
    layers = [
        nn.utils.clip_grad_norm_(layer.parameters(), math.inf).item() for layer in encoder.layers
    ]
    return FirstGradients(maps[:dim].norm().item(), layers)
