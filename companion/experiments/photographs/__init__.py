"""Photographs: does the background look at the background, in a one-layer Vision Transformer?

CIFAR-10 at 72 pixels, in 12x12 patches of 6. The model has no class token and averages its tokens,
so that all 144 rows of its map are read. What it looks at is judged on photographs outlined by
hand, against the same maps under the outlines of other photographs, and untrained.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from einops import reduce
from torch import Tensor, nn

from companion.cost import clock
from companion.data import ImageSet, batches, load_vision, outline_masks, outlined_photographs
from companion.experiments.experiment import Check, Experiment
from companion.experiments.photographs.model import (
    HEADS as HEADS,
    PATCH,
    SIZE,
    enlarged as enlarged,
    photograph_model as photograph_model,
    probe as probe,
    weights_name,
)
from companion.experiments.photographs.pictures import (
    show_photograph_looks as show_photograph_looks,
    show_sides as show_sides,
)
from companion.experiments.photographs.samples import (
    LEFTS as LEFTS,
    flower_mask as flower_mask,
    recalled_maps as recalled_maps,
    recalled_models as recalled_models,
    sample_photographs as sample_photographs,
    whole_photographs as whole_photographs,
)
from companion.inspection import (
    change_attention,
    key_share,
    mean_distance,
    patch_distances,
    record_attention,
    taken_from_afar,
)
from companion.lessons.bands import at_least
from companion.lessons.weights import keep_weights
from companion.training import CrossEntropy, FitConfig, evaluate, fit

FAR = 3.0 * PATCH
LAYER = "blocks.0.token_mixer"
SETTINGS = {"photographs": 6_000, "tested": 2_000, "epochs": 6, "rate": 2e-3, "batch_size": 64}


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one model from one seed; how it answers, and what its patches take from afar."""
    del folder  # A row takes two minutes: one that was broken off begins anew.
    splits = load_vision("cifar10", download=False)
    train, test = (
        ImageSet(enlarged(part.images[:count]), part.labels[:count], part.classes)
        for part, count in (
            (splits.train, settings["photographs"]),
            (splits.test, settings["tested"]),
        )
    )
    torch.manual_seed(seed)
    model = photograph_model(HEADS[variant])
    shown = enlarged(outlined_photographs(splits).images)
    before = looks(model, shown)
    config = FitConfig(settings["epochs"], settings["rate"], device=device, progress=False)
    feed = batches(train, batch_size=settings["batch_size"], seed=seed)
    now = clock(device)
    began = now()
    fit(model, feed, CrossEntropy(), config)
    seconds = round(now() - began, 1)
    model.cpu().eval()
    held_out = batches(test, batch_size=200, seed=0, shuffle=False)
    right = evaluate(model, held_out).accuracy
    with change_attention(model, {LAYER: even}):
        forced = evaluate(model, held_out).accuracy
    if seed == 0 and dict(settings) == SETTINGS:
        command = "python -m companion experiment photographs --publish"
        data = "CIFAR-10, enlarged to 72 pixels"
        notes = {"command": command, "seed": seed, "data": data, "seconds": seconds}
        notes |= {"accuracy": round(right, 4), **settings}
        keep_weights(weights_name(HEADS[variant]), model, probe=probe, notes=notes)
    return {
        "right": round(right, 4),
        "right_forced_even": round(forced, 4),
        "untrained": before,
        "trained": looks(model, shown),
    }


def even(weights: Tensor) -> Tensor:
    """Every weight of a row the same."""
    return torch.full_like(weights, 1 / weights.shape[-1])


def looks(model: nn.Module, images: Tensor) -> dict[str, Any]:
    """What the patches of the outlined photographs (n, 3, 72, 72) take from afar, on average.

    In times of chance, heads averaged; with its standard error; under the outlines of all other
    photographs in turn; the share of the weights' variance that depends on the key alone; and each
    head's mean distance in pixels.
    """
    masks = outline_masks(SIZE).float()
    covered = reduce(masks, "b (y p) (x q) -> b (y x)", "mean", p=PATCH, q=PATCH)
    apart = patch_distances(SIZE // PATCH, SIZE // PATCH, patch_size=PATCH)
    with torch.inference_mode(), record_attention(model) as maps:
        model(images)
    weights = maps[0].weights.mean(dim=1)
    own = taken_from_afar(weights, covered, apart, beyond=FAR)
    others = [
        taken_from_afar(weights, covered.roll(shift, 0), apart, beyond=FAR)
        for shift in range(1, len(covered))
    ]
    found: dict[str, Any] = {"by_key": round(float(key_share(maps[0]).mean()), 3)}
    distance = mean_distance(maps[0], patch_size=PATCH).mean(dim=(0, 2, 3))
    found["pixels"] = [round(value, 1) for value in distance.tolist()]
    for name, values in own._asdict().items():
        there = values[values.isfinite()]
        error = there.std() / len(there) ** 0.5
        shuffled = torch.stack([getattr(other, name).nanmean() for other in others]).mean()
        found[name] = [round(float(v), 3) for v in (there.mean(), error, shuffled)]
    return found


EXPERIMENT = Experiment(
    name="photographs",
    title="What the patches of photographs take from afar, one layer",
    variants=dict.fromkeys(HEADS, (0, 1, 2)),
    settings={"cpu": SETTINGS},
    run=run,
    columns={
        "right": "{right:.1%}",
        "even": "{right_forced_even:.1%}",
        "ground from ground, its error, others' outlines": "{trained[ground_from_ground]}",
        "thing from thing": "{trained[thing_from_thing]}",
    },
    checks=[
        Check(
            "Right answers of ten classes, the fewest of all rows",
            lambda record: min(row["right"] for row in record["rows"]),
            at_least(0.3),
        )
    ],
)
