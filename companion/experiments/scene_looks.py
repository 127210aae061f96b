"""Drawn scenes: layers trained with even attention.

One layer with none but even attention; four with even attention above the first, and in every one.
The chapter's own scenes, sizes and recipe; the model has as many parameters and sees the same
images in the same order as one of its own depth.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from companion.data import batches, draw_scenes
from companion.experiments.experiment import Check, Experiment
from companion.inspection import change_attention
from companion.lessons.bands import at_least, at_most
from companion.models import ViT
from companion.parts import PatchGrid
from companion.training import CrossEntropy, FitConfig, evaluate, fit

DIM = 48
# How many layers, and which of them are even.
EVEN = {
    "one layer, even": (1, range(1)),
    "even above layer 1": (4, range(1, 4)),
    "even in every layer": (4, range(4)),
}


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one model from one seed; the share of 400 test scenes that it answers right."""
    del folder  # A row takes a minute.
    draw = partial(draw_scenes, seed=seed, image_size=72, objects=(2, 4))
    train = draw(settings["scenes"]).image_set("colour")
    test = draw(400, part="test").image_set("colour")
    depth, layers = EVEN[variant]
    torch.manual_seed(seed)
    model = ViT(
        PatchGrid(72, 6),
        dim=DIM,
        mlp_dim=2 * DIM,
        depth=depth,
        heads=4,
        num_classes=6,
        init_std=(3 * DIM) ** -0.5,
    )
    feed = batches(train, batch_size=32, seed=seed)
    config = FitConfig(settings["epochs"], 2e-3, device=device, progress=False)
    changes = {f"blocks.{layer}.token_mixer": even for layer in layers}
    with change_attention(model, changes):
        fit(model, feed, CrossEntropy(), config)
        held_out = batches(test, batch_size=200, seed=seed, shuffle=False)
        right = evaluate(model.cpu().eval(), held_out).accuracy
    return {"right": round(right, 4)}


def even(weights: Tensor) -> Tensor:
    """Every weight of a row the same."""
    return torch.full_like(weights, 1 / weights.shape[-1])


def rights(record: Mapping[str, Any], variant: str) -> list[float]:
    """What the rows of a variant got right."""
    return [row["right"] for row in record["rows"] if row["variant"] == variant]


EXPERIMENT = Experiment(
    name="scene_looks",
    title="Scenes answered by layers trained with even attention",
    variants=dict.fromkeys(EVEN, (0, 1, 2)),
    settings={"cpu": {"scenes": 2000, "epochs": 5}},
    run=run,
    columns={"right": "{right:.1%}"},
    checks=[
        Check(
            "With a choice in layer 1 alone, the fewest right of all rows",
            lambda record: min(rights(record, "even above layer 1")),
            at_least(0.85),
        ),
        Check(
            "Without a choice in any layer, the most right of all rows",
            lambda record: max(rights(record, "even in every layer")),
            at_most(0.85),
        ),
        Check(
            "One layer without a choice, the most right of all rows",
            lambda record: max(rights(record, "one layer, even")),
            at_most(0.85),
        ),
    ],
)
