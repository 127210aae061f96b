"""One model trained from one seed on sentence pairs, and what it then does with new sentences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from companion.cost.measures import count_parameters
from companion.data import PairBatches
from companion.experiments.translation.scores import (
    TranslationLoss,
    bleu,
    bleu_by_length,
    mean_loss,
    translate,
)
from companion.experiments.translation.task import Recipe, Task, clock
from companion.training import fit

# The searches whose translations are scored: one beam is greedy.
BEAMS = {"greedy": 1, "beam 4": 4}


class Watch:
    """Looks at the validation loss after each epoch and keeps the best epoch's weights.

    `seconds` is the time that the looking took.
    """

    def __init__(self, validation: PairBatches, now: Callable[[], float]) -> None:
        self.validation, self.now = validation, now
        self.seconds, self.lowest, self.best_epoch = 0.0, math.inf, -1
        self.best: dict[str, Tensor] = {}

    def __call__(self, model: nn.Module, epoch: int) -> dict[str, float]:
        began = self.now()
        loss = mean_loss(model, self.validation)
        if loss < self.lowest:
            self.lowest, self.best_epoch = loss, epoch
            self.best = {name: value.clone() for name, value in model.state_dict().items()}
        self.seconds += self.now() - began
        return {"validation_loss": loss}


def train_and_score(
    name: str,
    build: Callable[[], nn.Module],
    task: Task,
    recipe: Recipe,
    *,
    seed: int,
    device: str,
    examples: list[int],
) -> dict[str, Any]:
    """Train one model from one seed and translate the test set; what the record keeps of it.

    It translates with the weights of the epoch whose validation loss was the lowest.
    """
    torch.manual_seed(seed)
    model, now = build(), clock(device)
    watch, began = Watch(task.validation(recipe), now), now()
    history = fit(
        model,
        task.batches(recipe, seed),
        TranslationLoss(label_smoothing=recipe.label_smoothing),
        recipe.config(name, device),
        after_epoch=watch,
    )
    trained = now() - began - watch.seconds
    model.load_state_dict(watch.best)
    scores = {search: _score(model, task, recipe, beams, now) for search, beams in BEAMS.items()}
    best = scores["beam 4"].pop("translations")
    scores["greedy"].pop("translations")
    return {
        "model": name,
        "seed": seed,
        "parameters": count_parameters(model),
        "epochs": recipe.epochs,
        "steps": len(history.steps),
        "best_epoch": watch.best_epoch + 1,
        "training_seconds": round(trained, 1),
        "training_loss": [round(loss, 4) for loss in history.column("loss")],
        "validation_loss": [round(loss, 4) for loss in history.column("validation_loss")],
        "bleu": scores,
        "bleu_by_length": bleu_by_length(best, task.splits.test),
        "examples": [best[row] for row in examples],
    }


def _score(
    model: nn.Module, task: Task, recipe: Recipe, beams: int, now: Callable[[], float]
) -> dict[str, Any]:
    began, texts = now(), task.splits.test.source
    with tqdm(total=len(texts), desc=f"translating, beams: {beams}", unit="sentence") as bar:
        translations = translate(
            model,
            texts,
            source=task.source,
            target=task.target,
            max_length=recipe.sizes.max_length,
            beams=beams,
            on_batch=bar.update,
        )
    seconds = now() - began
    found = bleu(translations, task.splits.test.target)
    return {
        "bleu": round(found.score, 2),
        "signature": found.signature,
        "seconds": round(seconds, 1),
        "translations": translations,
    }
