"""Is attention an alignment? Where translators look while they write a word that is known.

The RNN with attention and the Transformer of the experiment `translation`, smaller, on Multi30k.
A short dictionary says which English word some German words translate; each head is judged by how
often its strongest weight is on that word, on sentences that nobody trained on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from companion.cost import clock, count_parameters
from companion.data import PairBatches
from companion.experiments.alignments.examples import example, searched
from companion.experiments.alignments.looks import (
    WRITING,
    best_head,
    coded,
    controls,
    count_links,
    hits,
)
from companion.experiments.alignments.summary import conclude, least
from companion.experiments.experiment import Check, Experiment
from companion.experiments.translation import recipe, sentences_and_subwords, what_was_read
from companion.experiments.translation.models import ATTENTION, TRANSFORMER, Sizes, translators
from companion.experiments.translation.scores import TranslationLoss, bleu, mean_loss, translate
from companion.lessons.bands import at_least
from companion.training import fit

SHOWN = (0, 1, 2)  # the first of the test set: nobody picked them
SETTINGS = {
    "vocabulary": 2000,
    "dim": 64,
    "depth": 2,
    "heads": 4,
    "max_length": 80,
    "dropout": 0.0,
    "batch_size": 64,
    "learning_rate": 3e-3,
    "label_smoothing": 0.1,
    "epochs": 3,
    "sentences": 29_000,
}


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one model from one seed; where its heads look, and what it writes."""
    splits, source, target = sentences_and_subwords(settings)
    sizes = Sizes(**{field.name: settings[field.name] for field in dataclasses.fields(Sizes)})
    read: dict[str, Any] = {"source": source, "target": target, "max_length": sizes.max_length}
    torch.manual_seed(seed)
    model, now = translators(sizes)[variant](), clock(device)
    batches = PairBatches(splits.train, batch_size=settings["batch_size"], seed=seed, **read)
    unseen = PairBatches(splits.validation, batch_size=settings["batch_size"], seed=0, **read)
    config = recipe(settings, device, folder)
    began = now()
    smoothing = settings["label_smoothing"]
    history = fit(model, batches, TranslationLoss(label_smoothing=smoothing), config)
    seconds = now() - began
    model = model.cpu().eval()
    chosen = best_head(hits(model, coded(splits.validation, source, target)))
    judged = coded(splits.test, source, target)
    texts = translate(model, splits.test.source, beams=1, **read)
    return {
        "parameters": count_parameters(model),
        "steps": len(history.steps),
        "seconds": round(seconds, 1),
        "validation_loss": round(mean_loss(model, unseen), 4),
        "bleu": round(bleu(texts, splits.test.target).score, 2),
        "words": count_links(judged),
        "hits": hits(model, judged),
        "best_head": chosen,
        "controls": {name: round(share, 4) for name, share in controls(judged).items()},
        "examples": [
            example(model, splits.test, row, texts[row], chosen, source=source, target=target)
            for row in SHOWN
            if row < len(texts)
        ],
        "search": searched(model, splits.test, source, target),
        "data": what_was_read(splits, source, target),
    }


EXPERIMENT = Experiment(
    name="alignments",
    title="Where translators look while they write a known word, on Multi30k's test_2016_flickr",
    variants=dict.fromkeys((TRANSFORMER, ATTENTION), (0,)),
    settings={"cpu": SETTINGS},
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "seconds": "{seconds:.0f}",
        "BLEU": "{bleu:.1f}",
        "words": "{words:,}",
        "hits": "{hits[" + WRITING + "]}",
    },
    checks=[
        Check(
            "Hits, in per cent of the words that the same share of the way misses, every run",
            least,
            at_least(30),
        )
    ],
    needs=("sacrebleu", "tokenizers"),
    conclude=conclude,
)
