"""One model trained from one seed on sentence pairs, and what it then does with new sentences."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import nn

from companion.bench.measures import count_parameters
from companion.bench.translation_models import Sizes
from companion.bench.translation_scores import (
    TranslationLoss,
    bleu,
    bleu_by_length,
    mean_loss,
    translate,
)
from companion.data import PairBatches, SentencePairs, Subwords, TranslationSplits
from companion.training import FitConfig, fit, make_optimizer

# The searches whose translations are scored: one beam is greedy.
BEAMS = {"greedy": 1, "beam 4": 4}
SPEED_STEPS, WARM_UP_STEPS = 10, 2


@dataclass(frozen=True)
class Recipe:
    """How all three models are trained, on a GPU or, shortened, on a CPU.

    Args:
        sizes: of the models.
        batch_size: pairs a step.
        learning_rates: the highest rate of each model, by name.
        label_smoothing: in training alone.
        epochs: passes over the pairs, the same for all.
    """

    sizes: Sizes
    batch_size: int
    learning_rates: Mapping[str, float]
    label_smoothing: float
    epochs: int

    def config(self, name: str, device: str) -> FitConfig:
        """The settings of `fit` for one of the models."""
        rate = self.learning_rates[name]
        return FitConfig(self.epochs, rate, weight_decay=0.0, betas=(0.9, 0.98), device=device)


@dataclass(frozen=True)
class Task:
    """The sentences and the vocabularies that write them."""

    splits: TranslationSplits
    source: Subwords
    target: Subwords

    def batches(self, recipe: Recipe, seed: int) -> PairBatches:
        """The training pairs, in an order that depends on the seed."""
        return self._batches(self.splits.train, recipe, seed)

    def validation(self, recipe: Recipe) -> PairBatches:
        """The validation pairs."""
        return self._batches(self.splits.validation, recipe, 0)

    def _batches(self, pairs: SentencePairs, recipe: Recipe, seed: int) -> PairBatches:
        return PairBatches(
            pairs,
            source=self.source,
            target=self.target,
            batch_size=recipe.batch_size,
            seed=seed,
            max_length=recipe.sizes.max_length,
        )


def clock(device: str) -> Callable[[], float]:
    """Processor time on one CPU thread, which others cannot lengthen; else the wall's."""
    alone = device == "cpu" and torch.get_num_threads() == 1
    return time.process_time if alone else time.perf_counter


def epochs_within(
    minutes: float,
    task: Task,
    recipe: Recipe,
    models: Mapping[str, Callable[[], nn.Module]],
    *,
    device: str,
) -> int:
    """How many epochs the slowest of the models can train for in so many minutes; at least 1."""
    batches = task.batches(recipe, seed=0)
    slowest = max(
        seconds_per_step(name, build(), batches, recipe, device=device)
        for name, build in models.items()
    )
    return max(1, int(60 * minutes / (slowest * len(batches))))


def seconds_per_step(
    name: str, model: nn.Module, batches: PairBatches, recipe: Recipe, *, device: str
) -> float:
    """What a step of training takes, on average over a few batches of all lengths."""
    loss, now = TranslationLoss(label_smoothing=recipe.label_smoothing), clock(device)
    model.to(device).train()
    optimizer = make_optimizer(model, recipe.config(name, device))
    batches.set_epoch(0)
    began, steps = now(), 0
    for number, batch in enumerate(islice(batches, WARM_UP_STEPS + SPEED_STEPS)):
        if number == WARM_UP_STEPS:
            began, steps = now(), 0
        optimizer.zero_grad()
        loss(model, type(batch)(*(ids.to(device) for ids in batch))).backward()
        optimizer.step()
        steps += 1
    if device == "cuda":
        torch.cuda.synchronize()
    return (now() - began) / steps


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
    """Train one model from one seed and translate the test set; what the record keeps of it."""
    torch.manual_seed(seed)
    model, now = build(), clock(device)
    validation, watched = task.validation(recipe), 0.0

    def watch(trained: nn.Module, epoch: int) -> dict[str, float]:  # noqa: ARG001 - fit gives it
        nonlocal watched
        began = now()
        loss = mean_loss(trained, validation)
        watched += now() - began
        return {"validation_loss": loss}

    began = now()
    history = fit(
        model,
        task.batches(recipe, seed),
        TranslationLoss(label_smoothing=recipe.label_smoothing),
        recipe.config(name, device),
        after_epoch=watch,
    )
    trained = now() - began - watched
    scores = {search: _score(model, task, recipe, beams, now) for search, beams in BEAMS.items()}
    best = scores["beam 4"].pop("translations")
    scores["greedy"].pop("translations")
    return {
        "model": name,
        "seed": seed,
        "parameters": count_parameters(model),
        "epochs": recipe.epochs,
        "steps": len(history.steps),
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
    began = now()
    translations = translate(
        model,
        task.splits.test.source,
        source=task.source,
        target=task.target,
        max_length=recipe.sizes.max_length,
        beams=beams,
    )
    seconds = now() - began
    found = bleu(translations, task.splits.test.target)
    return {
        "bleu": round(found.score, 2),
        "signature": found.signature,
        "seconds": round(seconds, 1),
        "translations": translations,
    }
