"""Real sentences: an RNN without attention, one with it, and a Transformer, by BLEU.

Multi30k, English to German. All three have about as many parameters, see the same pairs in the
same order for the same number of steps, and share one search for the best translation.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from companion.cost import clock, count_parameters
from companion.data import (
    PairBatches,
    SentencePairs,
    Subwords,
    TranslationSplits,
    load_multi30k,
    train_subwords,
)
from companion.experiments.experiment import Check, Experiment
from companion.experiments.translation.best_epoch import BestEpoch
from companion.experiments.translation.models import (
    NAMES,
    Sizes,
    translators,
)
from companion.experiments.translation.scores import (
    TranslationLoss,
    bleu,
    bleu_by_length,
    count_by_length,
    translate,
)
from companion.experiments.translation.summary import BEAMS, conclude, gains
from companion.lessons.bands import at_least
from companion.training import FitConfig, fit

SHOWN_EXAMPLES = 4
# Small, so that a few minutes hold several epochs, and without dropout, which slows learning where
# there is no time to overfit.
SHORT = {
    "vocabulary": 2000,
    "dim": 96,
    "depth": 2,
    "heads": 4,
    "max_length": 80,
    "dropout": 0.0,
    "batch_size": 64,
    "learning_rate": 3e-3,
    "label_smoothing": 0.1,
    "epochs": 6,
    "sentences": 29_000,
}
# Written for a GPU and not measured on one.
WHOLE = SHORT | {
    "vocabulary": 6000,
    "dim": 256,
    "depth": 3,
    "dropout": 0.3,
    "batch_size": 128,
    "learning_rate": 1e-3,
    "epochs": 30,
}
SPLITS = ("train", "validation", "test_2016_flickr")


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one model from one seed and translate the test set.

    It translates with the weights of the epoch whose validation loss was the lowest.
    """
    splits, source, target = sentences_and_subwords(settings)

    def batches(pairs: SentencePairs, seed: int) -> PairBatches:
        sizes = {key: settings[key] for key in ("batch_size", "max_length")}
        return PairBatches(pairs, source=source, target=target, seed=seed, **sizes)

    sizes = Sizes(**{field.name: settings[field.name] for field in dataclasses.fields(Sizes)})
    build, now = translators(sizes)[variant], clock(device)
    torch.manual_seed(seed)
    model = build().to(device)
    smoothed = TranslationLoss(label_smoothing=settings["label_smoothing"])
    loss = BestEpoch(smoothed, model, batches(splits.validation, 0), now)
    config = recipe(settings, device, folder)
    history = fit(model, batches(splits.train, seed), loss, config, after_epoch=loss.look)
    losses = [round(value, 4) for value in history.column("validation_loss")]
    read = {"source": source, "target": target, "max_length": sizes.max_length}
    found = {name: score(loss.best, splits, now, beams=b, **read) for name, b in BEAMS.items()}
    best = {name: texts for name, (texts, _) in found.items()}["beam 4"]
    examples = example_rows(splits.test.source)
    return {
        "parameters": count_parameters(model),
        "epochs": settings["epochs"],
        "steps": len(history.steps),
        "best_epoch": losses.index(min(losses)) + 1,
        "training_seconds": round(float(loss.seconds), 1),
        "training_loss": [round(value, 4) for value in history.column("loss")],
        "validation_loss": losses,
        "bleu": {name: scored for name, (_, scored) in found.items()},
        "bleu_by_length": bleu_by_length(best, splits.test),
        "examples": [best[row] for row in examples],
        "data": {
            **what_was_read(splits, source, target),
            "sentences_by_length": count_by_length(splits.test),
            "examples": [
                {"number": row, "source": s, "reference": t}
                for row in examples
                for s, t in [(splits.test.source[row], splits.test.target[row])]
            ],
        },
    }


def recipe(settings: Mapping[str, Any], device: str, folder: Path) -> FitConfig:
    """How a translator is trained: Adam as in Vaswani et al. 2017, without weight decay."""
    return FitConfig(
        settings["epochs"],
        settings["learning_rate"],
        weight_decay=0.0,
        betas=(0.9, 0.98),
        device=device,
        checkpoint_dir=folder,
        progress=False,
    )


def what_was_read(splits: TranslationSplits, source: Subwords, target: Subwords) -> dict[str, Any]:
    """The data as a record names them: how many pairs, and which vocabularies."""
    return {
        "name": "Multi30k task 1, English to German, raw and cased",
        "pairs": {name: len(part) for name, part in zip(SPLITS, splits, strict=True)},
        "subwords": {"source": source.checksum, "target": target.checksum},
    }


def sentences_and_subwords(
    settings: Mapping[str, Any],
) -> tuple[TranslationSplits, Subwords, Subwords]:
    """The pairs, and the vocabularies that write them."""
    splits = load_multi30k(progress=False)
    splits = splits._replace(train=splits.train.first(settings["sentences"]))
    size = settings["vocabulary"]
    texts = (splits.train.source, splits.train.target)
    source, target = (train_subwords(sentences, size=size) for sentences in texts)
    return splits, source, target


def example_rows(texts: Sequence[str]) -> list[int]:
    """The first few of the test set and the longest: nobody picked them."""
    longest = max(range(len(texts)), key=lambda row: len(texts[row].split()))
    return list(dict.fromkeys([*range(min(SHOWN_EXAMPLES, len(texts))), longest]))


def score(
    model: nn.Module, splits: TranslationSplits, now: Callable[[], float], **search: Any
) -> tuple[list[str], dict[str, Any]]:
    """The test set's translations, and what they score."""
    began = now()
    texts = translate(model, splits.test.source, **search)
    seconds = now() - began
    found = bleu(texts, splits.test.target)
    scored = {"bleu": round(found.score, 2), "signature": found.signature}
    return texts, {**scored, "seconds": round(seconds, 1)}


EXPERIMENT = Experiment(
    name="translation",
    title="BLEU on Multi30k's test_2016_flickr: two RNNs and a Transformer",
    variants=dict.fromkeys(NAMES, (0, 1, 2)),
    settings={"cpu": SHORT, "cuda": WHOLE},
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "steps": "{steps:,}",
        "seconds": "{training_seconds:.0f}",
        **{search: f"{{bleu[{search}][bleu]:.1f}}" for search in BEAMS},
    },
    # Scores have two digits: more than none is at least 0.01.
    checks=[Check("BLEU that attention adds to the RNN, in every seed", gains, at_least(0.01))],
    needs=("sacrebleu", "tokenizers"),
    conclude=conclude,
)
