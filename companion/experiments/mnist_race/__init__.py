"""Seconds to 94 % on MNIST: a well-known article's recipe and ours."""

import statistics
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from companion.cost import clock, count_parameters
from companion.data import ImageSet, Splits, batches, load_digits, load_vision
from companion.experiments.experiment import Check, Experiment, Row
from companion.experiments.mnist_race.counting import (
    CountedLoss,
    Point,
    epoch_accuracy,
    normalised,
    running_accuracy,
    seconds_to,
    thin,
)
from companion.experiments.mnist_race.recipes import RECIPES
from companion.lessons.bands import at_least
from companion.training import fit

TARGET = 0.94
WINDOW = 6_000
TIMES = 6.0
MEASURES = {
    "window": f"the share right among the last {WINDOW:,} training images, as they were seen",
    "epoch": "the share right over a whole epoch, known at its end, as the article reports it",
}


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train by one recipe from one seed; its curves, and the seconds it took to the target.

    Seconds are processor time of all that training takes, from its beginning.
    """
    recipe, splits = RECIPES[variant], image_sets(settings["data"])
    epochs = settings["epochs"] or recipe.config.epochs
    config = replace(
        recipe.config, epochs=epochs, device=device, checkpoint_dir=folder, progress=False
    )
    torch.manual_seed(seed)
    model = recipe.build()
    feed = batches(splits.train, batch_size=recipe.batch_size, seed=seed, drop_last=True)
    loss = CountedLoss(epochs * len(feed), clock(device))
    fit(model, feed, loss, config, after_step=loss.note_time)
    size = {"batch_size": recipe.batch_size}
    curve = running_accuracy(loss.right, loss.seconds, **size, window=WINDOW)
    by_epoch = epoch_accuracy(loss.right, loss.seconds, **size, epochs=epochs)
    reached = {"window": curve, "epoch": by_epoch}
    return {
        "parameters": count_parameters(model),
        "steps": len(loss.seconds),
        "seconds": round(float(loss.seconds[-1]), 2),
        "seconds_to": {key: _rounded(seconds_to(reached[key], TARGET)) for key in MEASURES},
        "test_accuracy": round(accuracy_on(model, splits.test), 4),
        "epochs": _pairs(by_epoch),
        "curve": _pairs(thin(curve)),
    }


def accuracy_on(model: nn.Module, test: ImageSet) -> float:
    """The share of the test images that a model answers right."""
    model.eval()
    with torch.inference_mode():
        parts = test.images.split(1000)
        answers = torch.cat([model(normalised(images)).argmax(dim=1) for images in parts])
    return float((answers == test.labels).float().mean())


def conclude(rows: list[Row]) -> dict[str, Any]:
    """Each recipe's median seconds; where the article's never arrived, all its time counts."""
    medians = {
        variant: {
            key: statistics.median(_time(row, key) for row in rows if row["variant"] == variant)
            for key in MEASURES
        }
        for variant in RECIPES
    }
    times = {key: medians["article"][key] / medians["ours"][key] for key in MEASURES}
    return {
        "target": TARGET,
        "measures": MEASURES,
        "times_faster": {key: round(value, 2) for key, value in times.items()},
        "median_seconds": {
            variant: {key: None if s == float("inf") else s for key, s in found.items()}
            for variant, found in medians.items()
        },
        "rows": rows,
    }


def times_faster(key: str, record: Mapping[str, Any]) -> float:
    """How many times as fast ours arrives, by one of the measures."""
    return float(record["times_faster"][key])


def _time(row: Row, key: str) -> float:
    never = row["seconds"] if row["variant"] == "article" else float("inf")
    return float(row["seconds_to"][key] or never)


def image_sets(name: str) -> Splits:
    """MNIST, or the digits stretched to its size, which need no download.

    Raises:
        ValueError: the name is another.
    """
    if name == "mnist":
        return load_vision("mnist", progress=False)
    if name != "digits":
        raise ValueError(f"--set data={name}: give mnist, or digits, which need no download")
    larger = partial(F.interpolate, size=(28, 28), mode="bilinear")
    train, test, note = load_digits()
    train, test = (ImageSet(larger(p.images), p.labels, p.classes) for p in (train, test))
    return Splits(train, test, note)


def _pairs(points: list[Point]) -> list[list[float]]:
    return [[round(p.seconds, 2), round(p.accuracy, 4)] for p in points]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


EXPERIMENT = Experiment(
    name="mnist_race",
    title=f"Seconds to {TARGET:.0%} running training accuracy on MNIST",
    variants={"article": (0,), "ours": (0, 1, 2, 3, 4)},
    # No epochs: as many as the recipe has.
    settings={"cpu": {"data": "mnist", "epochs": 0}},
    run=run,
    columns={
        **{f"to {key}": f"{{seconds_to[{key}]}}" for key in MEASURES},
        "test": "{test_accuracy:.2%}",
        "all seconds": "{seconds:.1f}",
    },
    checks=[
        Check(
            f"Ours arrives so many times as fast ({key})",
            partial(times_faster, key),
            at_least(TIMES),
        )
        for key in MEASURES
    ],
    timed=True,
    conclude=conclude,
)
