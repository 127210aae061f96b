"""Real sentences: what the RNN with attention of the experiment `translation` looks at.

The same recipe, one training. Kept are the first sentences of the test set with their attention,
and how often it is on the right word where a short dictionary says which one that is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from companion.cost import count_parameters
from companion.data import PairBatches
from companion.experiments.alignments.examples import example
from companion.experiments.alignments.looks import ASIDE, WRITING, coded, controls, hits
from companion.experiments.experiment import Check, Experiment
from companion.experiments.translation import (
    SHORT,
    recipe,
    sentences_and_subwords,
    what_was_read,
)
from companion.experiments.translation.models import ATTENTION, Sizes, translators
from companion.experiments.translation.scores import TranslationLoss, bleu, translate
from companion.lessons.bands import at_least
from companion.training import fit

SHOWN = range(12)  # the first of the test set


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one model from one seed; what it writes, and where it looks."""
    splits, source, target = sentences_and_subwords(settings)
    sizes = Sizes(**{field.name: settings[field.name] for field in dataclasses.fields(Sizes)})
    read: dict[str, Any] = {"source": source, "target": target, "max_length": sizes.max_length}
    torch.manual_seed(seed)
    model = translators(sizes)[variant]()
    batches = PairBatches(splits.train, batch_size=settings["batch_size"], seed=seed, **read)
    loss = TranslationLoss(label_smoothing=settings["label_smoothing"])
    history = fit(model, batches, loss, recipe(settings, device, folder))
    model = model.cpu().eval()
    judged = coded(splits.test, source, target)
    texts = translate(model, splits.test.source, beams=1, **read)
    found = {kind: counts[0] for kind, counts in hits(model, judged).items()}
    return {
        "parameters": count_parameters(model),
        "steps": len(history.steps),
        "bleu": round(bleu(texts, splits.test.target).score, 2),
        "words": sum(map(len, judged.links)),
        "hits": found,
        "controls": {name: round(share, 4) for name, share in controls(judged).items()},
        "examples": [
            example(model, splits.test, row, texts[row], 0, source=source, target=target)
            for row in SHOWN
            if row < len(texts)
        ],
        "data": what_was_read(splits, source, target),
    }


def aside(record: Mapping[str, Any]) -> float:
    """The least share of hits, in per cent of the words that the place alone misses."""
    shares = [
        row["hits"][ASIDE] / row["words"] / (1 - row["controls"]["along the diagonal"])
        for row in record["rows"]
    ]
    return round(100 * min(shares), 2)


EXPERIMENT = Experiment(
    name="sentence_looks",
    title="What a recurrent translator looks at while it writes, on Multi30k's test_2016_flickr",
    variants={ATTENTION: (0,)},
    settings={"cpu": SHORT},
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "BLEU": "{bleu:.1f}",
        "words": "{words:,}",
        "hits": "{hits[" + WRITING + "]}",
    },
    checks=[
        Check(
            "Hits, in per cent of the words that the same share of the way misses",
            aside,
            at_least(30),
        )
    ],
    needs=("sacrebleu", "tokenizers"),
)
