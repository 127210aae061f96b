"""Where a translator looks: its attention to the source, and how often it is on the right word.

Axes: b batch, h heads of all layers, t target places, s source places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from companion.data import SentencePairs, Subwords
from companion.data.text.pair_batches import padded
from companion.data.text.sequences import BEGIN, END
from companion.experiments.alignments.dictionary import Link, links
from companion.inspection import record_attention
from companion.models import Seq2Seq
from companion.training.modes import mode

BATCH = 100
# Which query is judged: the one from which a word is written, or the one that has just read it.
WRITING, READ = "writing it", "having read it"
# Words whose counterpart does not stand at the same share of the way: a place alone misses them.
ASIDE = "writing it, aside"


class Coded(NamedTuple):
    """Pairs as ids (target framed by begin and end), and the dictionary's links in each."""

    sources: list[Tensor]
    targets: list[Tensor]
    links: list[list[Link]]


def coded(pairs: SentencePairs, source: Subwords, target: Subwords) -> Coded:
    """Sentences as ids, and what of the dictionary is in them."""
    there, here = source.encode(pairs.source), target.encode(pairs.target)
    known = [
        list(links(source.pieces(english), target.pieces(german)))
        for english, german in zip(pairs.source, pairs.target, strict=True)
    ]
    framed = [torch.tensor([BEGIN, *ids, END]) for ids in here]
    return Coded([torch.tensor(ids) for ids in there], framed, known)


def weights_of(model: nn.Module, source: Tensor, target: Tensor) -> Tensor:
    """Attention to the source while the target is written: ids (b, s), (b, t) -> (b, h, t, s).

    Row t is that of the query from which symbol t + 1 of the target is written. A Transformer's
    heads stand in order, those of its first layer first; a recurrent model has one.
    """
    with mode(model, training=False), torch.no_grad(), record_attention(model) as maps:
        model(source, target[:, :-1])
    if isinstance(model, Seq2Seq):
        return torch.cat([each.weights for each in maps], dim=2)
    return torch.cat([m.weights for m in maps if m.layer.endswith("cross_attention")], dim=1)


def hits(model: nn.Module, data: Coded) -> dict[str, list[int]]:
    """For each head, how many links its strongest weight is on, for each kind of query."""
    rows = sorted((r for r, known in enumerate(data.links) if known), key=_length(data))
    counts = {kind: torch.zeros(0) for kind in (WRITING, READ, ASIDE)}
    for chosen in (rows[i : i + BATCH] for i in range(0, len(rows), BATCH)):
        source, target = (padded([x[row] for row in chosen]) for x in (data.sources, data.targets))
        strongest = weights_of(model, source, target).argmax(dim=-1)
        for place, row in enumerate(chosen):
            for link in data.links[row]:
                along = _along(link, data.sources[row], data.targets[row])
                for kind, query in ((WRITING, link.target), (READ, link.target + 1)):
                    at = strongest[place, :, query]
                    hit = ((at >= link.start) & (at < link.stop)).float()
                    counts[kind] = counts[kind] + hit if len(counts[kind]) else hit
                    if kind == WRITING:
                        aside = hit * (not along)
                        counts[ASIDE] = counts[ASIDE] + aside if len(counts[ASIDE]) else aside
    return {kind: [int(count) for count in found.tolist()] for kind, found in counts.items()}


def controls(data: Coded) -> dict[str, float]:
    """What share a place drawn at random would hit, and the place at the same share of the way."""
    chance, diagonal, count = 0.0, 0, 0
    for source, target, known in zip(*data, strict=True):
        for link in known:
            chance += (link.stop - link.start) / len(source)
            diagonal += _along(link, source, target)
            count += 1
    return {"at random": chance / count, "along the diagonal": diagonal / count}


def count_links(data: Coded) -> int:
    """How many words are judged."""
    return sum(map(len, data.links))


def best_head(found: dict[str, list[int]]) -> int:
    """The head with the most hits while a word is written."""
    scores: Sequence[int] = found[WRITING]
    return max(range(len(scores)), key=scores.__getitem__)


def _along(link: Link, source: Tensor, target: Tensor) -> bool:
    """Whether the place at the same share of the way is one of the link's."""
    place = int((link.target + 0.5) / (len(target) - 2) * len(source))
    return link.start <= place < link.stop


def _length(data: Coded):  # type: ignore[no-untyped-def]
    return lambda row: (len(data.targets[row]), len(data.sources[row]))
