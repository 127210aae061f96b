"""Real sentences: an RNN without attention, one with it, and a Transformer, by BLEU.

Multi30k, English to German. All three have about as many parameters, see the same pairs in the
same order for the same number of steps, and share one search for the best translation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from companion.data import TranslationSplits, load_multi30k, train_subwords
from companion.experiments.translation.models import (
    ATTENTION,
    BOTTLENECK,
    TRANSFORMER,
    Sizes,
    translators,
)
from companion.experiments.translation.record import RULE, conclude, example_rows, new_record, table
from companion.experiments.translation.runs import train_and_score
from companion.experiments.translation.task import Recipe, Task, epochs_within
from companion.records.provenance import write_result

# On a GPU. It was written for one and has not been measured on one.
WHOLE = Recipe(
    sizes=Sizes(vocabulary=6000, dim=256, depth=3, heads=4, max_length=80, dropout=0.3),
    batch_size=128,
    learning_rates={BOTTLENECK: 1e-3, ATTENTION: 1e-3, TRANSFORMER: 1e-3},
    label_smoothing=0.1,
    epochs=30,
)
# On a CPU: small, so that a few minutes hold several epochs, and without dropout, which slows
# learning where there is no time to overfit.
SHORT = Recipe(
    sizes=Sizes(vocabulary=2000, dim=96, depth=2, heads=4, max_length=80, dropout=0.0),
    batch_size=64,
    learning_rates={BOTTLENECK: 3e-3, ATTENTION: 3e-3, TRANSFORMER: 3e-3},
    label_smoothing=0.1,
    epochs=1,
)
# Minutes of training for the slowest model, where neither minutes nor epochs are asked for.
MINUTES = 4.0


def run_translation(
    *,
    seeds: Sequence[int],
    output: Path,
    device: str | None = None,
    minutes: float | None = None,
    epochs: int | None = None,
    sentences: int | None = None,
    whole: Recipe = WHOLE,
    short: Recipe = SHORT,
) -> int:
    """Train, translate, show, and write `translation.json`: 0 when attention helped, else 1.

    The record is written after every run, so that one broken off keeps what it has.

    Args:
        seeds: one training of each model for each.
        output: folder of the record.
        device: "cuda" takes the whole recipe, "cpu" the short one; None takes CUDA if there is.
        minutes: of training for the slowest model, which sets the epochs of all.
        epochs: the epochs of all, instead. Neither: the whole recipe's, or 4 minutes' on a CPU.
        sentences: train on the first so many pairs only, to try the command out.
        whole: the recipe for a GPU.
        short: the recipe for a CPU.

    Raises:
        ImportError: sacrebleu or tokenizers is missing; the message names the remedy.
        ValueError: the device is not there, or both `minutes` and `epochs` are given.
    """
    _require_libraries()
    device = _device(device)
    if minutes is not None and epochs is not None:
        raise ValueError(f"--minutes {minutes:g} and --epochs {epochs}: give one of them")
    console = Console()
    recipe = whole if device == "cuda" else short
    task, models = _task(load_multi30k(), sentences, recipe), translators(recipe.sizes)
    if device == "cpu" and minutes is epochs is None:
        minutes = MINUTES
    if minutes is not None:
        console.print("timing a few steps of each model")
        epochs = epochs_within(minutes, task, recipe, models, device=device)
    recipe = replace(recipe, epochs=epochs or recipe.epochs)
    result = new_record(task, recipe, device=device, seeds=seeds, sentences=sentences)
    examples = example_rows(task)
    for seed in seeds:
        for name, build in models.items():
            console.print(f"seed {seed}: {name}, {recipe.epochs} epochs")
            row = train_and_score(
                name, build, task, recipe, seed=seed, device=device, examples=examples
            )
            result["runs"].append(row)
            conclude(result)
            write_result(output / "translation.json", result)
    console.print(table(result))
    console.print(RULE, style="dim")
    console.print("Held." if result["held"] else "Not held.")
    return 0 if result["held"] else 1


def _require_libraries() -> None:
    for name in ("sacrebleu", "tokenizers"):
        try:
            __import__(name)
        except ImportError as error:
            raise ImportError(f"{error}: install it with `pip install {name}`") from error


def _device(device: str | None) -> str:
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise ValueError("--device cuda: torch finds no CUDA device here; use --device cpu")
    return device or ("cuda" if there else "cpu")


def _task(splits: TranslationSplits, sentences: int | None, recipe: Recipe) -> Task:
    if sentences is not None:
        splits = splits._replace(train=splits.train.first(sentences))
    size = recipe.sizes.vocabulary
    source, target = (train_subwords(texts, size=size) for texts in vars(splits.train).values())
    return Task(splits, source, target)
