"""Norm before or after, warm-up or none, scores divided or not, one head or four, at two rates.

An encoder of six layers writes words backwards, all letters at once. Only what the variant names
differs: same data, same first weights, same steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.cost import clock, count_parameters
from companion.data import batches, make_reversals
from companion.data.text.sequences import PAD, SequenceBatch
from companion.experiments.experiment import Check, Experiment
from companion.experiments.norm_and_warmup.encoder import Encoder, Recipe
from companion.lessons.bands import at_least
from companion.training import FitConfig, fit
from companion.training.modes import mode

SHORT_OF_TWO = replace(Recipe(), depth=2, heads=1)
RECIPES = {
    "pre-norm": Recipe(),
    "pre-norm, no warm-up": Recipe(warmup=0.0),
    "post-norm": Recipe(norm_first=False),
    "post-norm, no warm-up": Recipe(norm_first=False, warmup=0.0),
    "one head": SHORT_OF_TWO,
    "one head, not divided": replace(SHORT_OF_TWO, divided=False),
    "not divided, small first weights": replace(SHORT_OF_TWO, divided=False, small_start=True),
    "four heads": replace(SHORT_OF_TWO, heads=4),
}
SETTINGS = {
    "dim": 32,
    "longest": 8,
    "batch_size": 32,
    "epochs": 5,
    "steps_an_epoch": 100,
    "low_rate": 3e-3,
    "high_rate": 1e-2,
    "judged": 400,
}
RATES = ("low_rate", "high_rate")


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one recipe from one seed at both rates; the share of the longest words right."""
    del folder  # A row takes seconds.
    found: dict[str, Any] = {}
    for rate in RATES:
        model, right, losses, seconds = _trained(RECIPES[variant], seed, device, rate, settings)
        found[rate] = {
            "right": right,
            "loss": [round(sum(part) / len(part), 4) for part in _parts(losses, 25)],
            "seconds": round(seconds, 1),
        }
    return {"parameters": count_parameters(model), "steps": len(losses), **found}


def _trained(
    recipe: Recipe, seed: int, device: str, rate: str, settings: Mapping[str, Any]
) -> tuple[nn.Module, list[float], list[float], float]:
    size, longest = settings["batch_size"], settings["longest"]
    count = size * settings["steps_an_epoch"]
    words = make_reversals(count, lengths=range(1, longest + 1), seed=seed)
    new = make_reversals(settings["judged"], lengths=[longest], seed=1000 + seed).whole
    torch.manual_seed(seed)
    vocabulary, dim = len(words.source_vocabulary), settings["dim"]
    model = Encoder(vocabulary, dim=dim, max_length=longest, recipe=recipe)
    config = FitConfig(
        settings["epochs"],
        settings[rate],
        warmup_fraction=recipe.warmup,
        device=device,
        progress=False,
    )
    right: list[float] = []

    def look(model: nn.Module, epoch: int) -> dict[str, float]:
        del epoch
        right.append(round(words_right(model, new), 4))
        return {"right": right[-1]}

    now = clock(device)
    began = now()
    loader = batches(words, batch_size=size, seed=seed)
    history = fit(model, loader, letters_loss, config, after_epoch=look)
    return model, right, [step.loss for step in history.steps], now() - began


def letters_loss(model: nn.Module, batch: SequenceBatch) -> Tensor:
    """Cross-entropy of the letter at each place of the word turned round; padding is left out."""
    logits = model(batch.source)
    return F.cross_entropy(logits.flatten(0, 1), _wanted(batch).flatten(), ignore_index=PAD)


def words_right(model: nn.Module, batch: SequenceBatch) -> float:
    """The share of words without a mistake."""
    device = next(model.parameters()).device
    wanted = _wanted(batch).to(device)
    with mode(model, training=False), torch.no_grad():
        right = (model(batch.source.to(device)).argmax(dim=-1) == wanted) | (wanted == PAD)
    return right.all(dim=1).float().mean().item()


def _wanted(batch: SequenceBatch) -> Tensor:
    letters = batch.target[:, 1 : 1 + batch.source.shape[1]]
    return letters.masked_fill(batch.source == PAD, PAD)


def _parts(values: list[float], size: int) -> list[list[float]]:
    return [values[i : i + size] for i in range(0, len(values), size)]


def conclude(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows, and beside them what each variant's seeds came to."""
    table = {
        name: {rate: [r[rate]["right"][-1] for r in rows if r["variant"] == name] for rate in RATES}
        for name in dict.fromkeys(row["variant"] for row in rows)
    }
    return {"table": table, "rows": rows}


def _lost(rate: str, whole: str, without: str) -> Any:
    def measure(record: Mapping[str, Any]) -> list[float]:
        pairs = zip(record["table"][whole][rate], record["table"][without][rate], strict=True)
        return [round(100 * (a - b), 2) for a, b in pairs]

    return measure


EXPERIMENT = Experiment(
    name="norm_and_warmup",
    title="Words turned round by an encoder: norm, warm-up, scores divided or not, number of heads",
    variants=dict.fromkeys(RECIPES, (0, 1, 2)),
    settings={"cpu": SETTINGS},
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "low rate": "{low_rate[right][4]:.1%}",
        "high rate": "{high_rate[right][4]:.1%}",
        "seconds": "{high_rate[seconds]:.1f}",
    },
    checks=[
        Check(
            "Points that post-norm loses without warm-up at the high rate, every seed",
            _lost("high_rate", "post-norm", "post-norm, no warm-up"),
            at_least(5),
        ),
        Check(
            "Points that one head loses when its scores are not divided, every seed",
            _lost("low_rate", "one head", "one head, not divided"),
            at_least(5),
        ),
    ],
    conclude=conclude,
)
