"""What is kept of single sentences: what was written, where it looked, and a search as a tree."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import nn

from companion.data import SentencePairs, Subwords
from companion.data.text.sequences import BEGIN, END
from companion.experiments.alignments.looks import weights_of
from companion.experiments.alignments.tree import beam_tree, best_end, path_to
from companion.experiments.translation.scores import Translator
from companion.models import greedy

LONGEST_SEARCH = 6  # words of a sentence whose search is drawn
LIMIT = 30


def example(
    model: nn.Module,
    pairs: SentencePairs,
    row: int,
    written: str,
    head: int,
    *,
    source: Subwords,
    target: Subwords,
) -> dict[str, Any]:
    """A sentence, what the model wrote, and the weights (t, s) of one head while it wrote it."""
    read, wrote = source.encode([pairs.source[row]])[0], target.encode([written])[0]
    ids = torch.tensor([[BEGIN, *wrote, END]])
    weights = weights_of(model, torch.tensor([read]), ids)[0]
    return {
        "number": row,
        "source": pairs.source[row],
        "reference": pairs.target[row],
        "written": written,
        "source_pieces": source.pieces(pairs.source[row]),
        "written_pieces": [*target.pieces(written), "<end>"],
        "weights": [[round(w, 2) for w in line] for line in weights[head].tolist()],
        "mean_weights": [[round(w, 2) for w in line] for line in weights.mean(dim=0).tolist()],
    }


def searched(
    model: nn.Module, pairs: SentencePairs, source: Subwords, target: Subwords, beams: int = 2
) -> dict[str, Any] | None:
    """The first short sentence for which two beams find something likelier than greedy does.

    None where there is no such sentence.
    """
    translator = cast("Translator", model)
    limits = {"begin": BEGIN, "end": END, "max_length": LIMIT}
    short = [r for r, text in enumerate(pairs.source) if len(text.split()) <= LONGEST_SEARCH]
    for row in short:
        ids = torch.tensor(source.encode([pairs.source[row]]))
        with torch.no_grad():
            state = translator.start(ids)
        plain = greedy(translator, state, **limits)
        nodes = beam_tree(translator, state, beams=beams, **limits)
        if not any(node.kept and node.symbol == END for node in nodes):
            continue
        best = best_end(nodes, END)
        if nodes[best].total <= plain.log_probability.item() + 1e-4:
            continue
        path = path_to(nodes, best)
        return {
            "number": row,
            "source": pairs.source[row],
            "reference": pairs.target[row],
            "beams": beams,
            "greedy": target.decode(plain.tokens[0]),
            "greedy_log_probability": round(plain.log_probability.item(), 3),
            "found": target.decode([nodes[n].symbol for n in path]),
            "path": path,
            "nodes": [
                [node.parent, node.depth, _name(target, node.symbol), round(node.total, 3),
                 node.kept]
                for node in nodes
            ],
        }  # fmt: skip
    return None


def _name(target: Subwords, symbol: int) -> str:
    return "<end>" if symbol == END else target.piece(symbol)
