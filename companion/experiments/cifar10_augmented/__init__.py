"""CIFAR-10 learned for long, with augmentation: how far a ConvMixer, a ViT and a Mixer get alone.

Trained on the 40,000 images of the official batches 1 to 4, judged on batch 5, which no choice of
the recipes has seen. The average of the weights over the steps is judged beside the last weights.
"""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from companion.cost import count_parameters
from companion.data import (
    ColourJitter,
    Compose,
    CutMix,
    ImageSet,
    Mixup,
    Normalise,
    OneOf,
    RandomCrop,
    RandomErasing,
    RandomFlip,
    RandomWarp,
    batches,
    load_cifar10_apart,
    official_cifar10_images,
)
from companion.experiments.cifar10_augmented.recipes import CLASSES, RECIPES, Recipe
from companion.experiments.experiment import Check, Experiment
from companion.lessons.bands import at_least
from companion.training import CrossEntropy, FitConfig, evaluate, fit


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one of `RECIPES` from one seed; its shares of images right, and seconds."""
    del folder  # What the average of the weights holds is in no checkpoint, so there is none.
    recipe, sets = RECIPES[variant], load_cifar10_apart("batch 5")
    epochs = settings["epochs"] or recipe.epochs
    train = sets.train if settings["images"] == 0 else sets.train.subset(range(settings["images"]))
    normalise = Normalise.like(train)
    torch.manual_seed(seed)
    model = recipe.build().to(device)
    if recipe.channels_last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    decay = get_ema_multi_avg_fn(recipe.averaging)
    average = AveragedModel(model, multi_avg_fn=decay, use_buffers=True)
    called: nn.Module = torch.compile(model) if settings["compiled"] else model  # type: ignore[assignment]
    began = time.perf_counter()
    history = fit(
        called,
        batches(
            on(train, device),
            batch_size=recipe.batch_size,
            seed=seed,
            drop_last=True,
            transform=augmented(recipe, normalise),
        ),
        CrossEntropy(label_smoothing=recipe.label_smoothing),
        config(recipe, epochs=epochs, device=device),
        after_step=lambda _: average.update_parameters(model),
    )
    seconds = time.perf_counter() - began
    test, official = on(sets.test, device), on(official_cifar10_images(), device)
    judged: nn.Module = average.module
    return {
        "parameters": count_parameters(model),
        "epochs": epochs,
        "steps": len(history.steps),
        "images": len(train),
        "accuracy": round(accuracy(judged, test, normalise), 4),
        "last_weights": round(accuracy(model, test, normalise), 4),
        "first_test_images": round(accuracy(judged, official, normalise), 4),
        "seconds": round(seconds),
        "losses": [round(row["loss"], 4) for row in history.epochs],
    }


def accuracy(model: nn.Module, images: ImageSet, normalise: Normalise) -> float:
    """The share of images right."""
    feed = batches(images, batch_size=500, seed=0, shuffle=False, transform=normalise)
    return float(evaluate(model, feed).accuracy)


def on(images: ImageSet, device: str) -> ImageSet:
    """The set with its pixels and labels on a device."""
    return ImageSet(images.pixels.to(device), images.labels.to(device), images.classes)


def augmented(recipe: Recipe, normalise: Normalise) -> Compose:
    """Moved, warped, coloured and mirrored, normalised, erased in part, then mixed or not."""
    mixed = Mixup(alpha=0.8, num_classes=CLASSES), CutMix(alpha=1.0, num_classes=CLASSES)
    return Compose(
        RandomCrop(padding=4, border="reflect"),
        RandomFlip(),
        RandomWarp(),
        ColourJitter(),
        normalise,
        RandomErasing(),
        OneOf(*mixed, *(Compose() for _ in range(recipe.whole))),
    )


def config(recipe: Recipe, *, epochs: int, device: str) -> FitConfig:
    """How a recipe is trained."""
    return FitConfig(
        epochs,
        recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warmup_fraction=0.05,
        mixed_precision="bf16",
        progress=False,
        device=device,
    )


def _worst(record: Mapping[str, Any], *, variant: str) -> float:
    return float(min(r["accuracy"] for r in record["rows"] if r["variant"] == variant))


EXPERIMENT = Experiment(
    name="cifar10_augmented",
    title="CIFAR-10 with augmentation on a GPU: a ConvMixer, a ViT and a Mixer alone",
    variants=dict.fromkeys(RECIPES, (0,)),
    # No epochs and no images: as many as the recipe says, and all there are.
    settings={
        "cuda": {"epochs": 0, "images": 0, "compiled": True},
        "cpu": {"epochs": 0, "images": 0, "compiled": False},
    },
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "epochs": "{epochs}",
        "batch 5": "{accuracy:.2%}",
        "last weights": "{last_weights:.2%}",
        "official, first 1,000": "{first_test_images:.1%}",
        "seconds": "{seconds}",
    },
    checks=[
        Check(
            f"{variant}: images of batch 5 right",
            partial(_worst, variant=variant),
            at_least(recipe.least),
        )
        for variant, recipe in RECIPES.items()
    ],
)
