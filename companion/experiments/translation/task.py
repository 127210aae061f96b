"""What the three translators are trained on, how, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

import torch
from torch import nn

from companion.data import PairBatches, SentencePairs, Subwords, TranslationSplits
from companion.experiments.translation.models import Sizes
from companion.experiments.translation.scores import TranslationLoss
from companion.training import FitConfig, make_optimizer

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
            _wait(device)
            began, steps = now(), 0
        optimizer.zero_grad()
        loss(model, type(batch)(*(ids.to(device) for ids in batch))).backward()
        optimizer.step()
        steps += 1
    _wait(device)
    return (now() - began) / steps


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
