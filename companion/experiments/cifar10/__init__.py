"""CIFAR-10 with models of a block or three: ours beside ten of public notebooks.

Trained on the 40,000 images of the official batches 1 to 4, judged on batch 5. What a recipe is was
settled without batch 5, on batch 4 after training on the three before it (`judged_on=validation`).
"""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from companion.cost import count_parameters
from companion.data import (
    Compose,
    Normalise,
    RandomCrop,
    RandomFlip,
    batches,
    load_cifar10_apart,
    official_cifar10_images,
)
from companion.experiments.cifar10.recipes import RECIPES, Recipe
from companion.experiments.cifar10_augmented import accuracy
from companion.experiments.experiment import Check, Experiment, Row
from companion.lessons.bands import at_least, at_most
from companion.training import CrossEntropy, FitConfig, fit

MARGIN = 3.0


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one of `RECIPES` from one seed; its shares of images right, and processor seconds."""
    recipe, sets = RECIPES[variant], load_cifar10_apart(settings["judged_on"])
    epochs = settings["epochs"] or recipe.epochs
    torch.manual_seed(seed)
    model = recipe.build()
    if recipe.channels_last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    train = sets.train if settings["images"] == 0 else sets.train.subset(range(settings["images"]))
    normalise = Normalise.like(train)
    moves = [RandomCrop(padding=4, border="reflect")] if recipe.crop else []
    began = time.process_time()
    history = fit(
        model,
        batches(
            train,
            batch_size=recipe.batch_size,
            seed=seed,
            drop_last=True,
            transform=Compose(*moves, RandomFlip(), normalise),
        ),
        CrossEntropy(),
        config(recipe, epochs=epochs, device=device, folder=folder),
    )
    seconds = time.process_time() - began
    return {
        "parameters": count_parameters(model),
        "blocks": recipe.blocks,
        "epochs": epochs,
        "steps": len(history.steps),
        "images": len(train),
        "accuracy": round(accuracy(model, sets.test, normalise), 4),
        "first_test_images": round(accuracy(model, official_cifar10_images(), normalise), 4),
        "seconds": round(seconds),
    }


def config(recipe: Recipe, *, epochs: int, device: str, folder: Path) -> FitConfig:
    """How a recipe is trained, with a checkpoint after each epoch."""
    return FitConfig(
        epochs,
        recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warmup_fraction=recipe.warmup,
        mixed_precision=recipe.precision,
        checkpoint_dir=folder,
        progress=False,
        device=device,
    )


def conclude(rows: list[Row]) -> dict[str, Any]:
    """The rows, and for each notebook's model what the worst seed of ours has over it."""
    rivals = []
    for variant, recipe in RECIPES.items():
        ours = [row for row in rows if row["variant"] == variant]
        for rival in recipe.rivals:
            worst = min(row["accuracy"] for row in ours)
            rivals.append(
                {
                    "variant": variant,
                    **rival._asdict(),
                    "worst": worst,
                    "points": round(100 * (worst - rival.accuracy), 2),
                }
            )
    return {"rivals": rivals, "rows": rows}


def _points(record: Mapping[str, Any]) -> list[float]:
    return [rival["points"] for rival in record["rivals"]]


def _largest_share(what: str, record: Mapping[str, Any]) -> float:
    """The largest of our sizes over the rival's."""
    ours = {row["variant"]: row[what] for row in record["rows"]}
    return float(max(ours[rival["variant"]] / rival[what] for rival in record["rivals"]))


EXPERIMENT = Experiment(
    name="cifar10",
    title="CIFAR-10 with a block or three: ours beside ten models of public notebooks",
    variants=dict.fromkeys(RECIPES, (0, 1, 2)),
    # No epochs and no images: as many as the recipe says, and all there are.
    settings={
        device: {"judged_on": "batch 5", "epochs": 0, "images": 0} for device in ("cpu", "cuda")
    },
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "epochs": "{epochs}",
        "batch 5": "{accuracy:.2%}",
        "official, first 1,000": "{first_test_images:.1%}",
        "CPU seconds": "{seconds}",
    },
    checks=[
        Check("Points over each notebook's model, worst seed", _points, at_least(MARGIN)),
        *(
            Check(f"No more {what} than the notebook's", partial(_largest_share, what), at_most(1))
            for what in ("parameters", "epochs", "blocks")
        ),
    ],
    conclude=conclude,
)
