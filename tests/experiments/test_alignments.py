"""Words found in pieces, looks judged by hand, the tree against the package's beam search."""

import math

import pytest
import torch
from torch import nn

from companion.data.text.sequences import BEGIN, END
from companion.experiments import find_experiment
from companion.experiments.alignments.dictionary import Link, Word, links, words_of
from companion.experiments.alignments.looks import (
    ASIDE,
    READ,
    WRITING,
    Coded,
    best_head,
    controls,
    hits,
    weights_of,
)
from companion.experiments.alignments.summary import least
from companion.experiments.alignments.tree import beam_tree, best_end, path_to
from companion.models import Seq2Seq, Transformer, beam_search
from companion.parts import AdditiveAttention


def test_pieces_are_words_again():
    assert words_of(["▁A", "▁Bos", "ton", ",", "▁dog", "."]) == [
        Word("a", 0, 1), Word("boston", 1, 3), Word(",", 3, 4), Word("dog", 4, 5), Word(".", 5, 6),
    ]  # fmt: skip


def test_links_are_words_that_stand_once_on_both_sides():
    english, german = ["▁A", "▁red", "▁dog", "."], ["▁Ein", "▁rot", "er", "▁Hund", "."]
    assert set(links(english, german)) == {Link(3, 2, 3), Link(1, 1, 2)}
    assert list(links([*english, "▁dog", "▁red"], german)) == []
    assert list(links(english, ["▁Eine", "▁Katze"])) == []


def test_hits_count_the_strongest_weight(monkeypatch):
    data = Coded(
        [torch.tensor([5, 6, 7, 8])],
        [torch.tensor([BEGIN, 4, 5, 6, END])],
        [[Link(0, 0, 1), Link(2, 1, 3)]],
    )
    weights = torch.zeros(1, 2, 4, 4)
    for head, places in enumerate([(0, 0, 2, 3), (3, 0, 3, 1)]):
        for query, key in enumerate(places):
            weights[0, head, query, key] = 1
    name = "companion.experiments.alignments.looks.weights_of"
    monkeypatch.setattr(name, lambda *_: weights)
    found = hits(nn.Identity(), data)
    assert found[WRITING] == [2, 0]
    assert found[READ] == [1, 2]
    # Place 2 of 3 lies at 3.33 of 4 pieces, which the second link does not hold.
    assert found[ASIDE] == [1, 0]
    assert best_head(found) == 0
    assert controls(data) == {"at random": pytest.approx((1 / 4 + 2 / 4) / 2),
                              "along the diagonal": 0.5}  # fmt: skip


def test_both_models_give_a_row_for_each_symbol_written():
    source, target = torch.tensor([[4, 5, 6]]), torch.tensor([[BEGIN, 4, 5, 6, END]])
    attention = AdditiveAttention(query_dim=8, value_dim=16, dim=8)
    rnn = Seq2Seq(9, 9, dim=8, hidden_dim=8, attention=attention)
    transformer = Transformer(9, 9, dim=8, depth=2, heads=2, max_length=9)
    for model, heads in ((rnn, 1), (transformer, 4)):
        weights = weights_of(model, source, target)
        assert weights.shape == (1, heads, 4, 3)
        torch.testing.assert_close(weights.sum(-1), torch.ones(1, heads, 4))


class Table(nn.Module):
    """Next symbols by the last one alone."""

    def __init__(self, seed):
        super().__init__()
        self.table = torch.randn(6, 6, generator=torch.Generator().manual_seed(seed)) * 2
        self.table[:, END] += 1.5

    def step(self, state, last):
        return self.table[last], state


@pytest.mark.parametrize("seed", range(8))
def test_the_tree_finds_what_beam_search_finds(seed):
    model, limits = Table(seed), {"begin": BEGIN, "end": END, "max_length": 12, "beams": 2}
    nodes = beam_tree(model, torch.zeros(1), **limits)
    found = beam_search(model, torch.zeros(1), **limits)
    last = nodes[-1].depth
    final = [n for n, node in enumerate(nodes) if node.symbol == END or node.depth == last]
    best = max((n for n in final if nodes[n].kept), key=lambda n: nodes[n].total)
    if any(nodes[n].symbol == END for n in final if nodes[n].kept):
        assert nodes[best_end(nodes, END)].symbol == END
    symbols = [nodes[n].symbol for n in path_to(nodes, best)]
    # The table gives some sequences the very same probability: any of them is as good.
    steps = zip([BEGIN, *symbols], symbols, strict=False)
    table = model.table.log_softmax(dim=-1)
    assert math.isclose(sum(table[a, b].item() for a, b in steps), nodes[best].total, abs_tol=1e-4)
    assert math.isclose(nodes[best].total, found.log_probability.item(), abs_tol=1e-4)
    for depth in range(1, nodes[-1].depth + 1):
        assert sum(node.kept for node in nodes if node.depth == depth) <= 2


def test_the_check_is_the_worst_chosen_head_on_words_aside():
    rows = [
        {"hits": {ASIDE: [10, 40]}, "best_head": 1, "words": 100},
        {"hits": {ASIDE: [20]}, "best_head": 0, "words": 100},
    ]
    record = {"controls": {"along the diagonal": 0.5}, "rows": rows}
    assert least(record) == 40.0
    assert find_experiment("alignments").checks[0].measure(record) == 40.0
