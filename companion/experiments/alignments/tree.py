"""Beam search written down as a tree: what was looked at, what was kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from companion.models.decoding import StepModel


class Node(NamedTuple):
    """A beginning, by its last symbol.

    Attributes:
        parent: number of the node before it; -1 at the first symbol.
        depth: how many symbols it has.
        symbol: the id of the last one.
        total: log probability of all of them.
        kept: whether it was among the best of its depth and, where it had ended, stayed so.
    """

    parent: int
    depth: int
    symbol: int
    total: float
    kept: bool


@torch.no_grad()
def beam_tree(
    model: StepModel, state: Any, *, begin: int, end: int, max_length: int, beams: int
) -> list[Node]:
    """Every candidate of a beam search on one sequence, ranked by probability alone.

    Each kept beginning is continued by its `beams` likeliest symbols; no other continuation could
    be kept. One that has ended is not continued, and keeps its rank. `state` is that of a batch of
    one.
    """
    nodes: list[Node] = []
    # (node, state, last symbol, total): what goes on; and what has ended.
    live: list[tuple[int, Any, int, float]] = [(-1, state, begin, 0.0)]
    ended: list[tuple[int, float]] = []
    for depth in range(1, max_length + 1):
        grown = [(*each, *_step(model, each[1], each[2], beams)) for each in live]
        made = [
            (parent, after, symbol, total + extra)
            for parent, _, _, total, scores, symbols, after in grown
            for extra, symbol in zip(scores, symbols, strict=True)
        ]
        totals = [*(total for _, total in ended), *(total for *_, total in made)]
        best = set(sorted(range(len(totals)), key=lambda place: -totals[place])[:beams])
        before, ended, live = ended, [], []
        for place, (number, total) in enumerate(before):
            if place in best:
                ended.append((number, total))
            else:
                nodes[number] = nodes[number]._replace(kept=False)
        for place, (parent, after, symbol, total) in enumerate(made, len(before)):
            nodes.append(Node(parent, depth, symbol, total, place in best))
            if place in best and symbol == end:
                ended.append((len(nodes) - 1, total))
            elif place in best:
                live.append((len(nodes) - 1, after, symbol, total))
        if not live:
            break
    return nodes


def path_to(nodes: list[Node], number: int) -> list[int]:
    """The numbers of the nodes from the first symbol to this node."""
    found = [number]
    while nodes[found[0]].parent >= 0:
        found.insert(0, nodes[found[0]].parent)
    return found


def best_end(nodes: list[Node], end: int) -> int:
    """The number of the likeliest beginning that has ended. Raises `ValueError` for none."""
    return max(
        (n for n, node in enumerate(nodes) if node.kept and node.symbol == end),
        key=lambda n: nodes[n].total,
    )


def _step(
    model: StepModel, state: Any, last: int, beams: int
) -> tuple[list[float], list[int], Any]:
    logits, after = model.step(state, torch.tensor([last]))
    scores: Tensor = logits[0].float().log_softmax(dim=-1)
    best = scores.topk(beams)
    return best.values.tolist(), best.indices.tolist(), after
