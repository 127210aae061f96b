"""Captions of drawn scenes without a question: one vector that is a learned sum of the cells.

The scenes, sizes and recipe of chapter 3, and as many parameters, within two per cent. Each of the
96 numbers has weights of its own for the 64 places, the same for every picture and word, so that
the vector may hold what is where.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.cost.measures import count_parameters
from companion.data import batches, caption_set, draw_scenes, exactly_right, is_of_kind
from companion.data.scenes.captions import CaptionBatch
from companion.data.text.sequences import BEGIN, END, PAD
from companion.experiments.experiment import Check, Experiment
from companion.lessons.bands import at_least
from companion.models import Captioner, aligned_encoder, greedy
from companion.parts import FixedAttention
from companion.training import FitConfig, fit

SIZE, DIM = 32, 96
HIDDEN = 132  # units of the LSTM; 128 with attention


def build(words: int) -> Captioner:
    """An untrained captioner."""
    return Captioner(
        aligned_encoder(dim=DIM),
        attention=FixedAttention(keys=(SIZE // 4) ** 2, value_dim=DIM),
        image_size=SIZE,
        dim=DIM,
        hidden=HIDDEN,
        num_words=words,
    )


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one captioner from one seed; which share of 2,000 test sentences it says right."""
    del variant, folder  # There is one, and a row takes two minutes.
    learned = caption_set(draw_scenes(settings["scenes"], seed=seed, objects=2))
    test = caption_set(draw_scenes(settings["judged"], seed=seed, part="test", objects=2))
    torch.manual_seed(seed)
    model = build(len(test.vocabulary))
    config = FitConfig(settings["epochs"], 3e-3, weight_decay=0.01, device=device, progress=False)
    fit(model, batches(learned, batch_size=64, seed=seed), word_loss, config)
    model.cpu().eval()
    truth = test.captions[:, 1:]
    shapes = is_of_kind(truth, "shape", test.vocabulary)
    said, known = [], []
    with torch.inference_mode():
        for images, captions in zip(test.images.split(500), test.captions.split(500), strict=True):
            state = model.start(images)
            tokens = greedy(model, state, begin=BEGIN, end=END, max_length=12).tokens
            said.append(exactly_right(tokens, captions))
            known.append(model(images, captions[:, :-1]).argmax(dim=2) == captions[:, 1:])
    return {
        "parameters": count_parameters(model),
        "exact": round(share(torch.cat(said)), 4),
        "shapes": round(share(torch.cat(known)[shapes]), 4),
    }


def share(flags: Tensor) -> float:
    """Of flags that are so."""
    return float(flags.float().mean())


def word_loss(model: nn.Module, batch: CaptionBatch) -> Tensor:
    """The cross-entropy of each next word after the right ones before it."""
    logits = model(batch.images, batch.captions[:, :-1])
    return F.cross_entropy(logits.mT, batch.captions[:, 1:], ignore_index=PAD)


def least(record: Mapping[str, Any]) -> float:
    """The lowest exact rate of all seeds."""
    return min(row["exact"] for row in record["rows"])


EXPERIMENT = Experiment(
    name="scene_captions",
    title="Captions of drawn scenes from one learned sum of the cells, without a question",
    variants={"learned sum": (0, 1, 2)},
    settings={"cpu": {"scenes": 20000, "judged": 2000, "epochs": 6}},
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "exact": "{exact:.1%}",
        "shape words": "{shapes:.1%}",
    },
    checks=[Check("Whole sentences right, the fewest of all seeds", least, at_least(0.8))],
)
