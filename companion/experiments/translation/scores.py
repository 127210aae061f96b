"""How good a translation is: BLEU by sacrebleu, and the loss on sentences not trained on.

Axis letters: b batch, s source tokens, t target tokens, v vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.data import SentencePairs, Subwords
from companion.data.text.pair_batches import padded
from companion.data.text.sequences import BEGIN, END, PAD, SequenceBatch
from companion.models import beam_search, greedy
from companion.training.modes import mode

BATCH = 100
# Exponent of the length penalty in beam search (Wu et al. 2016, equation 14).
LENGTH_PENALTY = 1.0
# Longest sources, in words, of all groups but the last.
LENGTHS = (9, 12, 15)


class Bleu(NamedTuple):
    """A BLEU score between 0 and 100, and sacrebleu's description of how it was computed."""

    score: float
    signature: str


def bleu(translations: Sequence[str], references: Sequence[str]) -> Bleu:
    """BLEU over a whole test set: detokenised, cased, one reference a sentence.

    Source: Papineni et al. 2002; Post 2018, https://aclanthology.org/W18-6319

    Raises:
        ImportError: sacrebleu is not installed.
        ValueError: there are no translations, or not as many as references.
    """
    if not translations or len(translations) != len(references):
        raise ValueError(
            f"{len(translations)} translations for {len(references)} references: give as many, "
            "at least one"
        )
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU()
    score = metric.corpus_score(list(translations), [list(references)]).score
    return Bleu(float(score), str(metric.get_signature()))


def bleu_by_length(translations: Sequence[str], pairs: SentencePairs) -> dict[str, float]:
    """BLEU of the sentences of each group of lengths, by the words of the source."""
    return {
        name: round(bleu([translations[i] for i in rows], [pairs.target[i] for i in rows]).score, 2)
        for name, rows in _rows_by_length(pairs).items()
        if rows
    }


def count_by_length(pairs: SentencePairs) -> dict[str, int]:
    """How many sentences each group of lengths holds; the groups of `bleu_by_length`."""
    return {name: len(rows) for name, rows in _rows_by_length(pairs).items() if rows}


def _rows_by_length(pairs: SentencePairs) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {name: [] for name in length_groups()}
    for row, text in enumerate(pairs.source):
        groups[_group(len(text.split()))].append(row)
    return groups


def length_groups() -> tuple[str, ...]:
    """The groups' names, shortest sentences first."""
    lows = (1, *(high + 1 for high in LENGTHS))
    return (*(f"{low}–{high}" for low, high in zip(lows, LENGTHS, strict=False)), f"{lows[-1]}+")


def _group(words: int) -> str:
    return length_groups()[sum(words > high for high in LENGTHS)]


class Translator(Protocol):
    """A model that reads sources (b, s), and then writes token by token."""

    def start(self, source: Tensor) -> Any: ...

    def step(self, state: Any, last: Tensor) -> tuple[Tensor, Any]: ...


def translate(
    model: nn.Module,
    texts: Sequence[str],
    *,
    source: Subwords,
    target: Subwords,
    max_length: int,
    beams: int,
) -> list[str]:
    """Translations of `texts`, in their order: greedy with one beam, beam search with more."""
    device = next(model.parameters()).device
    coded = source.encode(texts)
    order = sorted(range(len(coded)), key=lambda row: len(coded[row]))
    answers = [""] * len(coded)
    with mode(model, training=False), torch.no_grad():
        for rows in (order[i : i + BATCH] for i in range(0, len(order), BATCH)):
            ids = padded([torch.tensor(coded[row][:max_length]) for row in rows]).to(device)
            found_ids = _search(cast("Translator", model), ids, max_length, beams)
            for row, found in zip(rows, found_ids, strict=True):
                answers[row] = target.decode(found)
    return answers


def _search(model: Translator, source: Tensor, max_length: int, beams: int) -> Tensor:
    # The begin is read too, so the longest answer is one token shorter than the longest target.
    limits = {"begin": BEGIN, "end": END, "max_length": max_length - 1}
    state = model.start(source)
    if beams == 1:
        return greedy(model, state, **limits).tokens.cpu()
    found = beam_search(model, state, beams=beams, length_penalty=LENGTH_PENALTY, **limits)
    return found.tokens.cpu()


class TranslationLoss:
    """Mean cross-entropy of the target's next tokens, padding left out: batch -> one number."""

    def __init__(self, *, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = label_smoothing

    def __call__(self, model: nn.Module, batch: SequenceBatch) -> Tensor:
        logits, wanted = model(batch.source, batch.target[:, :-1]), batch.target[:, 1:]
        return F.cross_entropy(
            logits.flatten(end_dim=1),
            wanted.flatten(),
            ignore_index=PAD,
            label_smoothing=self.label_smoothing,
        )


def mean_loss(model: nn.Module, batches: Iterable[SequenceBatch]) -> float:
    """Cross-entropy in nats a token, over all tokens of the batches, without smoothing."""
    device = next(model.parameters()).device
    loss, total, tokens = TranslationLoss(), 0.0, 0
    with mode(model, training=False), torch.no_grad():
        for batch in batches:
            count = int((batch.target[:, 1:] != PAD).sum())
            moved = SequenceBatch(batch.source.to(device), batch.target.to(device))
            total, tokens = total + float(loss(model, moved)) * count, tokens + count
    return total / tokens
