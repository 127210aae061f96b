"""The variants differ in what they are meant to, and a row says what was measured."""

import pytest
import torch
from torch.testing import assert_close

from companion.cost import count_parameters
from companion.data import make_reversals
from companion.experiments import find_experiment
from companion.experiments.reversal import LENGTHS, VARIANTS, build, offsets, run
from companion.experiments.reversal.models import LateSeq2Seq, SetSeq2Seq

SETTINGS = {"words": 128, "letters": 5, "longest": 6, "judged": 10}
ATTENDING = [name for name, variant in VARIANTS.items() if variant.attention]


def made(name):
    torch.manual_seed(0)
    model = build(VARIANTS[name], 5).eval()
    return model, make_reversals(6, lengths=range(1, 7), symbols=5, seed=3).whole


@pytest.mark.parametrize("name", ATTENDING)
def test_a_step_gives_what_forward_gives_for_that_place(name):
    model, (source, target) = made(name)
    whole, state = model(source, target[:, :-1]), model.start(source)
    for t in range(target.shape[1] - 1):
        logits, state = model.step(state, target[:, t])
        assert_close(logits, whole[:, t])


@pytest.mark.parametrize("name", ATTENDING)
def test_padding_changes_nothing(name):
    model, (source, target) = made(name)
    together = model(source, target[:, :-1])
    for b in range(len(source)):
        alone = source[b, source[b] != 0][None]
        assert_close(model(alone, target[b : b + 1, :-1]), together[b : b + 1])


def test_budgets():
    counts = {name: count_parameters(build(v, 12)) for name, v in VARIANTS.items()}
    budget = counts["dot, before"]
    assert counts["dot, after"] == budget
    for name in ("dot, before, letter", "additive, no order", "none, 69, 800"):
        assert abs(counts[name] / budget - 1) < 0.03, name
    assert counts["none, 69, 800"] == counts["none, 69, 2400"]


def test_without_order_a_word_and_its_anagram_are_one():
    model, _ = made("additive, no order")
    assert isinstance(model, SetSeq2Seq)
    one, other = torch.tensor([[3, 4, 5, 6]]), torch.tensor([[6, 3, 5, 4]])
    target = torch.tensor([[1, 3, 4]])
    assert_close(model(one, target), model(other, target))
    ordered, _ = made("dot, before")
    assert not torch.allclose(ordered(one, target), ordered(other, target), atol=1e-4)


def asked_with(name, monkeypatch):
    """The queries of two steps after different letters."""
    model, _ = made(name)
    queries, forward = [], model.attention.forward
    monkeypatch.setattr(
        model.attention,
        "forward",
        lambda query, memory: queries.append(query) or forward(query, memory),
    )
    model(torch.tensor([[3, 4, 5], [3, 4, 5]]), torch.tensor([[1, 3], [1, 4]]))
    return queries


def test_only_the_plain_query_does_not_know_the_letter_written_last(monkeypatch):
    for name, knows in (
        ("dot, before", False),
        ("dot, before, letter", True),
        ("dot, after", True),
    ):
        first, second = asked_with(name, monkeypatch)
        assert torch.equal(first[0], first[1])
        assert torch.equal(second[0], second[1]) is not knows, name


def test_the_late_one_starts_with_an_empty_context():
    model, (source, _) = made("dot, after")
    assert isinstance(model, LateSeq2Seq)
    assert torch.equal(model.start(source).past[:, 64:], torch.zeros(len(source), 128))


@pytest.mark.parametrize("shift", [0, 1, -1])
def test_offsets_are_counted_from_the_right_letter(shift):
    pairs = make_reversals(5, lengths=[6], symbols=5, seed=0)
    model, _ = made("dot, before")
    steps = iter(pairs.alignment.float().roll(shift, dims=2).unbind(dim=1))
    model.attention.tap.register_forward_hook(lambda *_: next(steps)[:, None, None])
    assert offsets(model, pairs) == {shift: 1.0}


@pytest.mark.parametrize("name", ["dot, after", "none, 35, 800"])
def test_a_row_says_what_was_measured(name, tmp_path):
    row = run(name, 5, "cpu", settings=SETTINGS, folder=tmp_path)
    assert row["steps"] == 2 * VARIANTS[name].epochs
    assert len(row["right"]) == len(row["lengths"]) == len(LENGTHS)
    looks = [len(shares) for shares in row["looks"].values()]
    assert looks == [0 if name.startswith("none") else len(LENGTHS)] * 3


def test_the_checks_can_fail():
    def rows(right):
        seven = list(LENGTHS)
        return {
            "rows": [
                {"variant": name, "seed": 0, "lengths": seven, "right": [right.get(name, 0)] * 7,
                 "looks": {w: [right.get(name, 0)] * 7 for w in ("exact", "just written")}}
                for name in VARIANTS
            ]
        }  # fmt: skip

    checks = find_experiment("reversal").checks
    good = {"none, 69, 2400": 0.4, "none, 69, 800": 0.1, "dot, after": 0.99,
            "dot, before, letter": 0.99, "dot, before": 0.6}  # fmt: skip
    bad = {"additive, no order": 0.9, "dot, before": 0.3}
    for values, held in ((good, True), (bad, False)):
        assert [c.holds.holds(c.measure(rows(values))) for c in checks] == [held] * len(checks)
