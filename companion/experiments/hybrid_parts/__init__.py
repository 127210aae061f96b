"""Convolutions below, token MLPs above: which part carries what, on four tasks.

All words of four blocks have exactly as many parameters. "digits": one digit in the middle of a
sheet; "shuffled": the same with patches in another order, one for each seed; "left": the left of
two digits; "left, closed": the same where convolutions go on at the other side; "scenes": the shape
in a picture. "ccmm" is two convolutions, then two token MLPs.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from companion.cost import count_flops, count_parameters
from companion.data import ImageSet, batches
from companion.experiments.experiment import Experiment
from companion.experiments.hybrid_parts.models import (
    ABOVE,
    BELOW,
    build,
    close_edges,
    freeze,
    without_neighbours,
    without_token_mlps,
)
from companion.experiments.hybrid_parts.tasks import Task, task
from companion.training import CrossEntropy, FitConfig, evaluate, fit

WORDS = ("cccc", "cccm", "ccmm", "cmmm", "mmmm", "mmcc")
FOUR = ("cccc", "ccmm", "mmcc", "mmmm")
CHANGES = ("no neighbours", "no token MLPs", "below frozen", "above frozen")
VARIANTS = (
    *(f"digits: {word}" for word in (*WORDS, "cc", "mm")),
    *(f"digits: ccmm, {change}" for change in CHANGES),
    *(f"{name}: {word}" for name in ("shuffled", "left") for word in FOUR),
    *(f"left, closed: {word}" for word in ("cccc", "ccmm")),
    *(f"scenes: {word}" for word in (*FOUR, "cc")),
    *(f"scenes: ccmm, {change}" for change in CHANGES[2:]),
)


def made(variant: str, what: Task, seed: int) -> nn.Module:
    """The model of a variant, before training."""
    name, word = variant.split(": ")
    word, _, change = word.partition(", ")
    sizes = {"classes": what.train.num_classes, "seed": seed}
    if change == "no neighbours":
        return without_neighbours(what.grid, **sizes)
    if change == "no token MLPs":
        return without_token_mlps(what.grid, **sizes)
    model = build(word, what.grid, **sizes)
    if change:
        return freeze(model, BELOW if change.startswith("below") else ABOVE)
    return close_edges(model) if name.endswith("closed") else model


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one model from one seed; its share right on new images and on its own.

    Of digits also the shares right after pushes by 1, 2 and 4 pixels, mean of four directions; of
    two digits the share for which it names the other one.
    """
    del folder  # A row takes less than a minute.
    what = task(variant.split(": ")[0], seed, settings)
    model = made(variant, what, seed)
    feed = batches(what.train, batch_size=64, seed=seed)
    config = FitConfig(what.epochs, settings["rate"], device=device, progress=False)
    history = fit(model, feed, CrossEntropy(), config)
    model.to("cpu").eval()
    row: dict[str, Any] = {
        "parameters": count_parameters(model),
        "operations": count_flops(model, what.test.images[:1]),
        "right": round(_right(model, what.test), 4),
        "own": round(_right(model, what.train), 4),
        "seconds": round(sum(history.column("seconds")), 1),
    }
    if what.others is not None:
        row["other"] = round(names_other(model, what.test, what.others), 4)
    elif variant.startswith("digits"):
        row["pushed"] = [round(after(model, what.test, pixels), 4) for pixels in (1, 2, 4)]
    return row


def _right(model: nn.Module, images: ImageSet) -> float:
    feed = batches(images, batch_size=500, seed=0, shuffle=False)
    return float(evaluate(model, feed).accuracy)


def after(model: nn.Module, images: ImageSet, pixels: int) -> float:
    """Share right after a push that far, mean of four directions."""
    ways = (pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)
    with torch.inference_mode():
        said = [model(images.images.roll(way, dims=(2, 3))).argmax(dim=1) for way in ways]
    return float((torch.stack(said) == images.labels).float().mean())


def names_other(model: nn.Module, images: ImageSet, others: torch.Tensor) -> float:
    """Share of sheets with two unlike digits, of all, whose other digit is named."""
    with torch.inference_mode():
        said = model(images.images).argmax(dim=1)
    return float(((said == others) & (others != images.labels)).float().mean())


EXPERIMENT = Experiment(
    name="hybrid_parts",
    title="Convolutions below, token MLPs above: which part carries what",
    variants=dict.fromkeys(VARIANTS, (0, 1, 2)),
    settings={
        "cpu": {
            "rate": 1e-2,
            "digit_epochs": 6,
            "sheets": 6000,
            "sheet_epochs": 2,
            "scenes": 3000,
            "scene_epochs": 8,
            "test": 1000,
        }
    },
    run=run,
    columns={"parameters": "{parameters:,}", "right": "{right:.1%}", "its own": "{own:.1%}"},
    checks=[],
)
