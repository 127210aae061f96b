"""The two recipes that race on MNIST: the article's, and ours."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from companion.experiments.mnist_race.article_model import ArticleViT
from companion.models import ViT
from companion.parts import PatchGrid
from companion.training import FitConfig


@dataclass(frozen=True)
class Recipe:
    """How to train. The loss is the cross-entropy of what the model returns.

    Args:
        build: makes the model.
        config: epochs, optimizer, schedule and clipping.
        batch_size: images a step; what is left at the end of an epoch is dropped.
    """

    build: Callable[[], nn.Module]
    config: FitConfig
    batch_size: int


def our_vit() -> nn.Module:
    """A ViT about as large as the article's model."""
    return ViT(PatchGrid(28, 7, channels=1), dim=40, depth=2, heads=2, mlp_dim=144, num_classes=10)


RECIPES = {
    # The model ends in a softmax, and the loss applies its own to that: a mistake, but theirs.
    "article": Recipe(
        build=ArticleViT,
        config=FitConfig(
            epochs=20,
            learning_rate=3e-4,
            weight_decay=0.0,
            warmup_fraction=0.0,
            schedule="constant",
            clip_norm=None,
            optimizer="adam",
        ),
        batch_size=64,
    ),
    "ours": Recipe(
        build=our_vit,
        config=FitConfig(epochs=2, learning_rate=5e-3, weight_decay=0.0, betas=(0.9, 0.98)),
        batch_size=128,
    ),
}
