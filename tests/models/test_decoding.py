"""Greedy and beam search on models so small that every sequence can be scored."""

from itertools import product
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from companion.models.decoding import beam_search, greedy

BEGIN, END, SIZE, LIMIT = 0, 1, 4, 4


class State(NamedTuple):
    history: Tensor  # (b, steps) the ids seen, after which nothing is known
    table: tuple[Tensor, ...]  # one (b, v, v) of logits for each step: nested on purpose


class TinyModel:
    """Logits depend on the step, on the last symbol and on the one before it."""

    def start(self, batch, seed=0):
        generator = torch.Generator().manual_seed(seed)
        table = torch.randn(LIMIT, batch, SIZE, SIZE, generator=generator)
        return State(torch.zeros(batch, 1, dtype=torch.long), tuple(table))

    def step(self, state, last):
        step = state.history.shape[1] - 1
        rows = torch.arange(len(last))
        logits = state.table[step][rows, last] + 2 * state.table[0][rows, state.history[:, -1]]
        return logits, State(torch.cat([state.history, last[:, None]], dim=1), state.table)


def every_sequence():
    """All sequences that end within the limit, and those that reach it without an end."""
    for length in range(LIMIT + 1):
        for symbols in product([s for s in range(SIZE) if s != END], repeat=length):
            if length < LIMIT:
                yield (*symbols, END)
            else:
                yield symbols


def score(model, state, row, sequence):
    """The log probability of a sequence for one of the batch, symbol by symbol."""
    total, last = 0.0, BEGIN
    for symbol in sequence:
        lasts = torch.full((len(state.history),), last)
        logits, state = model.step(state, lasts)
        total += logits[row].log_softmax(-1)[symbol].item()
        last = symbol
    return total


def best_by_hand(model, state, row, penalty):
    def rank(sequence):
        value = score(model, state, row, sequence)
        return value / ((5 + len(sequence)) ** penalty / (5 + 1) ** penalty)

    return max(every_sequence(), key=rank)


def padded(sequence, length):
    return [*sequence, *[END] * (length - len(sequence))]


@pytest.mark.parametrize("penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_beam_of_everything_is_exhaustive_search(seed, penalty):
    model = TinyModel()
    state = model.start(3, seed)
    found = beam_search(
        model,
        state,
        begin=BEGIN,
        end=END,
        max_length=LIMIT,
        beams=SIZE**LIMIT,
        length_penalty=penalty,
    )
    for row in range(3):
        best = best_by_hand(model, state, row, penalty)
        assert found.tokens[row].tolist() == padded(best, found.tokens.shape[1])
        expected = score(model, state, row, best)
        assert found.log_probability[row].item() == pytest.approx(expected, abs=1e-5)
        assert found.lengths[row] == len(best) - (END in best)


class TwoAnswers:
    """Ends at once with probability 0.3; or says 2 with 0.6, and then ends with 0.4."""

    def step(self, state, last):
        begun = torch.tensor([0.1, 0.3, 0.6])
        after = torch.tensor([0.3, 0.4, 0.3])
        return torch.where((last == BEGIN)[:, None], begun, after).log(), state


@pytest.mark.parametrize(("off", "length"), [(-0.01, 0), (0.01, 1)])
def test_the_length_penalty_is_that_of_the_paper(off, length):
    short, long = torch.tensor(0.3).log(), torch.tensor(0.6 * 0.4).log()
    # Both rank alike where ((5 + 2) / (5 + 1)) ** alpha = log P(long) / log P(short).
    alpha = ((long / short).log() / torch.tensor(7 / 6).log()).item()
    found = beam_search(
        TwoAnswers(),
        torch.zeros(1),
        begin=BEGIN,
        end=END,
        max_length=2,
        beams=9,
        length_penalty=alpha + off,
    )
    assert found.lengths.item() == length
    torch.testing.assert_close(found.log_probability.item(), (short, long)[length].item())


def test_the_length_penalty_changes_what_is_best():
    model = TinyModel()
    state = model.start(40)
    lengths = [
        beam_search(
            model, state, begin=BEGIN, end=END, max_length=LIMIT, beams=300, length_penalty=alpha
        ).lengths
        for alpha in (0.0, 3.0)
    ]
    assert (lengths[1] >= lengths[0]).all()
    assert (lengths[1] > lengths[0]).any()


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_one_beam_is_greedy(penalty):
    model = TinyModel()
    state = model.start(50)
    limits = {"begin": BEGIN, "end": END, "max_length": LIMIT}
    one = beam_search(model, state, beams=1, length_penalty=penalty, **limits)
    plain = greedy(model, state, **limits)
    assert torch.equal(one.tokens, plain.tokens)
    assert torch.equal(one.lengths, plain.lengths)
    torch.testing.assert_close(one.log_probability, plain.log_probability)


def test_more_beams_find_what_is_at_least_as_likely_on_average():
    model = TinyModel()
    state = model.start(200)
    limits = {"begin": BEGIN, "end": END, "max_length": LIMIT}
    means = [
        beam_search(model, state, beams=k, **limits).log_probability.mean() for k in (1, 3, 300)
    ]
    assert means[0] < means[1] < means[2]


def test_greedy_takes_the_likeliest_symbol_each_time():
    model = TinyModel()
    state = model.start(5)
    found = greedy(model, state, begin=BEGIN, end=END, max_length=LIMIT)
    for row in range(5):
        last, walked, sequence = BEGIN, state, []
        while last != END and len(sequence) < LIMIT:
            logits, walked = model.step(walked, torch.full((5,), last))
            last = logits[row].argmax().item()
            sequence.append(last)
        assert found.tokens[row].tolist() == padded(sequence, found.tokens.shape[1])
        expected = score(model, state, row, sequence)
        assert found.log_probability[row].item() == pytest.approx(expected, abs=1e-5)


class Script:
    """A model that says 2, 2, ..., and one that says `end` first, as its state tells."""

    def step(self, state, last):
        logits = torch.full((len(last), 3), -5.0)
        logits[:, 2] = 0.0
        # After an end it would love to go on: the search must not ask it.
        logits[(state == 0), END] = 5.0
        return logits, state - 1


@pytest.mark.parametrize("beams", [None, 1, 2])
def test_what_has_ended_stays_ended(beams):
    start = torch.tensor([0, 2, 99])
    limits = {"begin": BEGIN, "end": END, "max_length": 5}
    if beams is None:
        found = greedy(Script(), start, **limits)
    else:
        found = beam_search(Script(), start, beams=beams, length_penalty=5.0, **limits)
    assert found.tokens.tolist()[0] == [END] * 5
    assert found.tokens.tolist()[1] == [2, 2, END, END, END]
    assert found.tokens.tolist()[2] == [2] * 5
    assert found.lengths.tolist() == [0, 2, 5]


@pytest.mark.parametrize("search", [greedy, lambda *a, **k: beam_search(*a, beams=2, **k)])
def test_the_length_limit_is_honoured_and_the_search_stops_early(search):
    for limit in (1, 3):
        found = search(Script(), torch.tensor([99]), begin=BEGIN, end=END, max_length=limit)
        assert found.tokens.shape == (1, limit)
    early = greedy(Script(), torch.tensor([1, 1]), begin=BEGIN, end=END, max_length=50)
    assert early.tokens.shape == (2, 2)


def test_no_gradient_is_kept():
    model = TinyModel()
    state = model.start(2)
    state = State(state.history, tuple(t.requires_grad_() for t in state.table))
    found = greedy(model, state, begin=BEGIN, end=END, max_length=2)
    assert not found.log_probability.requires_grad


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"beams": 0}, "beams=0"),
        ({"max_length": 0}, "max_length=0"),
        ({"length_penalty": -0.1}, "length_penalty=-0.1"),
    ],
)
def test_invalid_arguments(wrong, words):
    right = {"begin": BEGIN, "end": END, "max_length": 3, "beams": 2}
    with pytest.raises(ValueError, match=words):
        beam_search(Script(), torch.tensor([3]), **(right | wrong))
    with pytest.raises(ValueError, match="max_length=0"):
        greedy(Script(), torch.tensor([3]), begin=BEGIN, end=END, max_length=0)


def test_a_state_that_is_none():
    with pytest.raises(ValueError, match="state of type dict"):
        greedy(Script(), {}, begin=BEGIN, end=END, max_length=3)
