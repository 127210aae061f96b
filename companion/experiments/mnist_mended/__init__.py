"""A well-known MNIST article's peculiarities, mended one at a time, and all together.

Every row has the same images in the same number of epochs; all but what its name says is as in the
article.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from companion.cost import count_parameters
from companion.data import ImageSet, batches
from companion.experiments.experiment import Experiment
from companion.experiments.mnist_mended.model import MendableViT
from companion.experiments.mnist_mended.summary import conclude
from companion.experiments.mnist_race import accuracy_on, image_sets
from companion.experiments.mnist_race.counting import normalised
from companion.experiments.mnist_race.recipes import RECIPES
from companion.training import FitConfig, fit

FAULTS = ("softmax", "positions", "class token", "scale", "parts", "schedule", "batch")
RATE, BATCH = 3e-3, 128
VARIANTS: dict[str, frozenset[str]] = {
    "the article": frozenset(),
    **{f"mended: {fault}": frozenset({fault}) for fault in FAULTS},
    "all mended": frozenset(FAULTS),
}


def training(mended: frozenset[str]) -> FitConfig:
    """The article's way of training, or a warm-up to ten times its rate and a cosine down to 0."""
    config = RECIPES["article"].config
    if "schedule" not in mended:
        return config
    return replace(config, learning_rate=RATE, warmup_fraction=0.1, schedule="cosine")


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one variant from one seed: the shares right in the test set and while training."""
    mended, splits = VARIANTS[variant], image_sets(settings["data"])
    few = _first(splits.train, settings["images"])
    config = replace(
        training(mended),
        epochs=settings["epochs"],
        device=device,
        checkpoint_dir=folder,
        checkpoint_every=settings["epochs"],
        progress=False,
    )
    torch.manual_seed(seed)
    model = MendableViT(mended)
    size = BATCH if "batch" in mended else RECIPES["article"].batch_size
    feed = batches(few, batch_size=size, seed=seed, drop_last=True)

    def loss(model: torch.nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        images, labels = batch
        return F.cross_entropy(model(normalised(images)), labels)

    history = fit(model, feed, loss, config)
    return {
        "parameters": count_parameters(model),
        "steps": len(history.steps),
        "test_images": len(splits.test),
        "test_accuracy": round(accuracy_on(model.cpu(), splits.test), 4),
    }


def _first(images: ImageSet, count: int) -> ImageSet:
    return images.subset(range(min(count, len(images))))


EXPERIMENT = Experiment(
    name="mnist_mended",
    title="The MNIST article's peculiarities, mended one at a time",
    variants=dict.fromkeys(VARIANTS, (0, 1, 2)),
    settings={"cpu": {"data": "mnist", "images": 12_000, "epochs": 3}},
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "steps": "{steps:,}",
        "test": "{test_accuracy:.2%}",
    },
    checks=[],
    conclude=conclude,
)
