"""Three models for CIFAR-10 and how each is trained for long."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from companion.models import ConvMixer, MLPMixer, ViT
from companion.parts import PatchGrid

CLASSES = 10


@dataclass(frozen=True)
class Recipe:
    """A model, and how it is trained.

    Args:
        build: the model before training, for (b, 3, 32, 32) -> (b, 10).
        least: the accuracy that it should reach, set before it was trained.
        epochs: over 40,000 images.
        learning_rate: the highest rate of AdamW.
        weight_decay: AdamW's.
        whole: batches that are not mixed, for each one by mixup and one by CutMix.
        batch_size: images a step.
        averaging: how much of the average of the weights a step keeps.
        label_smoothing: share of the target spread over all classes.
        channels_last: whether images lie in memory pixel by pixel.
    """

    build: Callable[[], nn.Module]
    least: float
    epochs: int
    learning_rate: float
    weight_decay: float
    whole: int
    batch_size: int = 512
    averaging: float = 0.998
    label_smoothing: float = 0.1
    channels_last: bool = False


RECIPES = {
    "ConvMixer-256/8": Recipe(
        lambda: ConvMixer(PatchGrid(32, 2), dim=256, depth=8, kernel_size=5, num_classes=CLASSES),
        least=0.94,
        epochs=190,
        learning_rate=1e-2,
        weight_decay=0.02,
        whole=2,
        channels_last=True,
    ),
    "ViT-256/8": Recipe(
        lambda: ViT(PatchGrid(32, 4), dim=256, depth=8, heads=8, num_classes=CLASSES),
        least=0.90,
        epochs=155,
        learning_rate=1.5e-3,
        weight_decay=0.08,
        whole=0,
    ),
    "Mixer-256/8": Recipe(
        lambda: MLPMixer(
            PatchGrid(32, 4), dim=256, depth=8, num_classes=CLASSES, token_dim=128, mlp_dim=1024
        ),
        least=0.88,
        epochs=165,
        learning_rate=1.5e-3,
        weight_decay=0.08,
        whole=0,
    ),
}
