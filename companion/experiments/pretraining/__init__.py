"""Fifty digits, after pre-training on MNIST or after none: a ViT and a ConvNet.

Both are those of chapter 4. MNIST's images are cut to their middle and shrunk to 8 x 8 pixels,
about as scikit-learn's digits were made; whose writers, scanners and labels are others.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from companion.cost import count_parameters
from companion.data import ImageSet, batches, load_digits, load_vision
from companion.experiments.experiment import Experiment
from companion.experiments.pretraining.convnet import matched_convnet
from companion.models import ViT
from companion.parts import PatchGrid
from companion.training import CrossEntropy, FitConfig, evaluate, fit

# How many of MNIST's first images come before; "0 to 4": those of the first 30,000 that show these.
BEFORE = {"none": 0, "1,000": 1_000, "30,000": 30_000, "0 to 4": 30_000}
VARIANTS = {f"{model}, {before}": (model, before) for model in ("ViT", "ConvNet") for before in BEFORE}


def build(model: str) -> nn.Module:
    """The model of chapter 4, as it comes before training: 8 x 8 grey pixels, ten classes."""
    dim = 64
    vit = ViT(
        PatchGrid(8, 2, channels=1),
        dim=dim,
        depth=3,
        heads=4,
        num_classes=10,
        init_std=(3 * dim) ** -0.5,
    )
    if model == "ViT":
        return vit
    return matched_convnet(count_parameters(vit), image_size=8, channels=1, num_classes=10)


def shrunk_mnist(count: int, *, below: int = 10) -> ImageSet:
    """Of the first `count` training images of MNIST those of digits under `below`, in 8 x 8."""
    whole = load_vision("mnist", progress=False).train.subset(range(count))
    few = whole.subset((whole.labels < below).nonzero().flatten())
    # The border of two pixels that almost no stroke reaches goes; 3 x 3 pixels become one.
    return ImageSet(F.avg_pool2d(few.images[..., 2:-2, 2:-2], 3), few.labels, few.classes)


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one model from one seed; its shares right on digits before and after its own few."""
    name, before = VARIANTS[variant]
    torch.manual_seed(seed)
    model = build(name)
    train, test, _ = load_digits(seed=seed)
    if settings["data"] == "mnist" and BEFORE[before]:
        first = shrunk_mnist(BEFORE[before], below=5 if before == "0 to 4" else 10)
        _learn(model, first, settings["steps_before"], seed, device, folder / "before")
    elsewhere = _accuracy(model, test)
    few = train.subset(range(settings["images"]))
    _learn(model, few, settings["steps"], seed, device, folder / "after")
    return {
        "parameters": count_parameters(model),
        "test_images": len(test),
        "accuracy_before": round(elsewhere, 4),
        "accuracy": round(_accuracy(model, test), 4),
        "accuracy_5_to_9": round(_accuracy(model, test.subset(_late(test))), 4),
        "images_5_to_9": len(_late(test)),
    }


def _late(images: ImageSet) -> torch.Tensor:
    return (images.labels >= 5).nonzero().flatten()


def _learn(
    model: nn.Module, images: ImageSet, steps: int, seed: int, device: str, folder: Path
) -> None:
    feed = batches(images, batch_size=64, seed=seed)
    epochs = max(1, steps // len(feed))
    config = FitConfig(epochs, 1.5e-3, device=device, progress=False)
    fit(model, feed, CrossEntropy(), config)


def _accuracy(model: nn.Module, images: ImageSet) -> float:
    feed = batches(images, batch_size=500, seed=0, shuffle=False)
    return float(evaluate(model, feed).accuracy)


EXPERIMENT = Experiment(
    name="pretraining",
    title="Fifty digits after pre-training on MNIST: a ViT and a ConvNet",
    variants=dict.fromkeys(VARIANTS, (0, 1, 2)),
    settings={"cpu": {"data": "mnist", "images": 50, "steps_before": 469, "steps": 400}},
    run=run,
    columns={
        "before its own 50": "{accuracy_before:.1%}",
        "after": "{accuracy:.1%}",
        "5 to 9": "{accuracy_5_to_9:.1%}",
    },
    checks=[],
)
