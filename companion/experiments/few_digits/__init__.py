"""Fifty digits and what helps: shifts, MNIST first, or another part. A ViT and a ConvNet.

Both are those of chapter 4, and an MLP of as many parameters stands beside them. MNIST's images are
cut to their middle and shrunk to 8 x 8 pixels, about as scikit-learn's digits were made; writers
and scanners are others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from companion.cost import count_parameters
from companion.data import ImageSet, RandomCrop, batches, load_digits, load_vision
from companion.experiments.experiment import Experiment
from companion.experiments.few_digits.others import MODELS, OTHERS
from companion.training import CrossEntropy, FitConfig, evaluate, fit


@dataclass(frozen=True)
class Help:
    """What a model gets besides its fifty images.

    Args:
        shifts: whether each image is moved by up to a pixel, anew in every epoch.
        first: how many of MNIST's images it is trained on before.
    """

    shifts: bool = False
    first: int = 0


HELP = {
    "nothing": Help(),
    "shifts": Help(shifts=True),
    "MNIST first": Help(first=30_000),
}
VARIANTS = {
    f"{model}: {name}": (model, given)
    for model in ("ViT", "ConvNet")
    for name, given in HELP.items()
}
VARIANTS |= {name: (name, Help()) for name in OTHERS}


def build(model: str) -> nn.Module:
    """The "ViT" or "ConvNet" of chapter 4 before training, or one of `OTHERS`.

    Images of 8 x 8 grey pixels, ten classes.
    """
    return OTHERS[model]() if model in OTHERS else MODELS[model]()


def shrunk_mnist(count: int) -> ImageSet:
    """The first `count` training images of MNIST in 8 x 8."""
    whole = load_vision("mnist", progress=False).train.subset(range(count))
    # The border of two pixels that almost no stroke reaches goes; 3 x 3 pixels become one.
    return ImageSet(F.avg_pool2d(whole.images[..., 2:-2, 2:-2], 3), whole.labels, whole.classes)


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one model from one seed; its shares right on digits before and after its own fifty."""
    name, given = VARIANTS[variant]
    torch.manual_seed(seed)
    model = build(name)
    train, test, _ = load_digits(seed=seed)
    learn = partial(_learn, model, seed=seed, device=device)
    if given.first:
        first = shrunk_mnist(given.first)
        learn(first, settings["steps_first"], folder=folder / "first")
    before = _accuracy(model, test)
    few = train.subset(range(settings["images"]))
    learn(few, settings["steps"], folder=folder / "own", shifts=given.shifts)
    return {
        "parameters": count_parameters(model),
        "test_images": len(test),
        "accuracy_before": round(before, 4),
        "accuracy": round(_accuracy(model, test), 4),
    }


def _learn(
    model: nn.Module,
    images: ImageSet,
    steps: int,
    *,
    seed: int,
    device: str,
    folder: Path,
    shifts: bool = False,
) -> None:
    moved = RandomCrop(padding=1) if shifts else None
    feed = batches(images, batch_size=64, seed=seed, transform=moved)
    epochs = max(1, steps // len(feed))
    config = FitConfig(
        epochs,
        1.5e-3,
        device=device,
        checkpoint_dir=folder,
        checkpoint_every=epochs,
        progress=False,
    )
    fit(model, feed, CrossEntropy(), config)


def _accuracy(model: nn.Module, images: ImageSet) -> float:
    feed = batches(images, batch_size=500, seed=0, shuffle=False)
    return float(evaluate(model, feed).accuracy)


EXPERIMENT = Experiment(
    name="few_digits",
    title="Fifty digits and what helps a ViT and a ConvNet",
    variants=dict.fromkeys(VARIANTS, (0, 1, 2)),
    settings={"cpu": {"images": 50, "steps": 352, "steps_first": 469}},
    run=run,
    columns={
        "right before the fifty": "{accuracy_before:.1%}",
        "after": "{accuracy:.1%}",
    },
    checks=[],
)
