"""Words backwards: room or time without attention, who asks, and what a set can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from operator import eq
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from companion.cost.measures import count_parameters
from companion.data.batches import batches
from companion.data.text.reversals import make_reversals
from companion.data.text.sequences import BEGIN, END, PAD, SequenceSet
from companion.experiments.experiment import Check, Experiment, Row
from companion.experiments.reversal.models import FedSeq2Seq, LateSeq2Seq, SetSeq2Seq
from companion.inspection.record import record_attention
from companion.lessons.bands import at_least, at_most
from companion.models.decoding import greedy
from companion.models.seq2seq import FixedSummary, Seq2Seq
from companion.parts.attention.additive import AdditiveAttention, DotProductAttention
from companion.training.config import FitConfig
from companion.training.fit import fit

LENGTHS = (4, 6, 8, 10, 12, 14, 16)
EMBEDDING = 32


@dataclass(frozen=True)
class Variant:
    """What is trained, and for how long.

    Args:
        attention: the kind that joins the halves, None for the encoder's last states.
        width: length of the decoder's state.
        epochs: of 100 steps each, unless the settings change the number of words.
        model: the encoder-decoder.
    """

    attention: type[AdditiveAttention] | type[DotProductAttention] | None = None
    width: int = 64
    epochs: int = 4
    model: type[Seq2Seq] = Seq2Seq


VARIANTS = {
    "dot, before": Variant(DotProductAttention),
    "dot, before, letter": Variant(DotProductAttention, model=FedSeq2Seq),
    "dot, after": Variant(DotProductAttention, model=LateSeq2Seq),
    "additive, no order": Variant(AdditiveAttention, model=SetSeq2Seq),
    **{
        f"none, {width}, {epochs * 100}": Variant(None, width, epochs)
        for epochs, widths in ((8, (35, 69, 138)), (24, (69,)))
        for width in widths
    },
}


def build(variant: Variant, symbols: int) -> Seq2Seq:
    """An untrained model for words of so many letters."""
    width = variant.width
    if variant.attention is None:
        attention: torch.nn.Module = FixedSummary()
    else:
        query = width + EMBEDDING * (variant.model is FedSeq2Seq)
        attention = variant.attention(query_dim=query, value_dim=2 * width, dim=width)
    ids = symbols + 3
    return variant.model(ids, ids, dim=EMBEDDING, hidden_dim=width, attention=attention)


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train as chapter 1 does; what is right, and where the strongest weight lies, by length."""
    del folder  # A row takes a minute or two.
    chosen, letters = VARIANTS[variant], settings["letters"]
    words = make_reversals(
        settings["words"], lengths=range(1, settings["longest"] + 1), symbols=letters, seed=seed
    )
    torch.manual_seed(seed)
    model = build(chosen, letters)
    config = FitConfig(chosen.epochs, 5e-3, weight_decay=0.0, progress=False, device=device)
    history = fit(model, batches(words, batch_size=64, seed=seed), next_symbol, config)
    model.cpu().eval()
    row: dict[str, Any] = {
        "parameters": count_parameters(model),
        "width": chosen.width,
        "steps": len(history.steps),
        "lengths": list(LENGTHS),
        "right": [],
        "looks": {"exact": [], "just written": [], "to be written": []},
    }
    for length in LENGTHS:
        test = make_reversals(
            settings["judged"], lengths=[length], symbols=letters, seed=1000 + seed
        )
        row["right"].append(round(share_right(model, test), 4))
        if chosen.attention is not None:
            shares = offsets(model, test)
            for name, place in (("exact", 0), ("just written", 1), ("to be written", -1)):
                row["looks"][name].append(round(shares.get(place, 0.0), 4))
    return row


def next_symbol(model: torch.nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """The cross-entropy of each right symbol after the right ones before it."""
    source, target = batch
    logits = model(source, target[:, :-1])
    return F.cross_entropy(logits.mT, target[:, 1:], ignore_index=PAD)


def share_right(model: Seq2Seq, pairs: SequenceSet) -> float:
    """The share of words that greedy search writes without a mistake."""
    source, target = pairs.whole
    with torch.inference_mode():
        found = greedy(
            model, model.start(source), begin=BEGIN, end=END, max_length=target.shape[1] - 1
        )
    got = map(pairs.target_vocabulary.decode, found.tokens)
    wanted = [pairs.texts(i)[1] for i in range(len(pairs))]
    return sum(map(eq, got, wanted)) / len(wanted)


def offsets(model: Seq2Seq, pairs: SequenceSet) -> dict[int, float]:
    """How far right of the right letter the strongest weight lies, while the answer is written.

    To the right is what was written just before. The first letter, which has no place to its
    right, and the last, which has none to its left, are left out.
    """
    source, target = pairs.whole
    with torch.inference_mode(), record_attention(model) as maps:
        model(source, target[:, :-2])
    weights = torch.cat([each.weights[:, 0] for each in maps], dim=1)
    strongest, right = weights.argmax(dim=-1), pairs.alignment.int().argmax(dim=-1)
    found = (strongest - right)[:, 1:-1].flatten().tolist()
    return {place: found.count(place) / len(found) for place in set(found)}


def at(row: Row, what: list[float], length: int) -> float:
    """A row's value for words of one length."""
    return float(what[row["lengths"].index(length)])


def twelve(record: Mapping[str, Any], variant: str) -> list[float]:
    """Words of twelve letters all right, by seed."""
    return [at(r, r["right"], 12) for r in record["rows"] if r["variant"] == variant]


def looks(variant: str, where: str, record: Mapping[str, Any]) -> float:
    """The share of strongest weights at a place, words of sixteen letters, least of the seeds."""
    rows = [row for row in record["rows"] if row["variant"] == variant]
    return min(at(row, row["looks"][where], 16) for row in rows)


EXPERIMENT = Experiment(
    name="reversal",
    title="Words backwards: room or time, who asks, and what a set can tell",
    variants={n: (0, 1) if n.startswith("none") else (0, 1, 2) for n in VARIANTS},
    settings={"cpu": {"words": 6400, "letters": 12, "longest": 16, "judged": 200}},
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "steps": "{steps:,}",
        "8 letters": "{right[2]:.1%}",
        "12 letters": "{right[4]:.1%}",
        "16 letters": "{right[6]:.1%}",
    },
    checks=[
        Check(
            "Words of 12 letters, width 69: right after 2,400 steps less after 800, least of seeds",
            lambda record: (
                min(twelve(record, "none, 69, 2400")) - max(twelve(record, "none, 69, 800"))
            ),
            at_least(0.15),
        ),
        Check(
            "Words of 12 letters without order, most of seeds",
            lambda record: max(twelve(record, "additive, no order")),
            at_most(0.05),
        ),
        *(
            Check(
                f"16 letters, {name}: strongest weight on the {where}, least of seeds",
                partial(looks, name, key),
                at_least(share),
            )
            for name, where, key, share in (
                ("dot, before", "letter just written", "just written", 0.5),
                ("dot, before, letter", "right letter", "exact", 0.9),
                ("dot, after", "right letter", "exact", 0.9),
            )
        ),
    ],
)
