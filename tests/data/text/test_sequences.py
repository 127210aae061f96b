"""Sequences: what they say, how they are padded, which alignment is right, what is refused."""

import pytest
import torch
from hypothesis import given, strategies as st

from companion.data import batches
from companion.data.text.reversals import make_reversals
from companion.data.text.sequences import BEGIN, END, PAD, SequenceSet, Vocabulary

ARGUMENTS = {"lengths": range(1, 9), "symbols": 5, "seed": 0}


def test_a_vocabulary_keeps_three_ids_for_itself():
    vocabulary = Vocabulary(("a", "b"))
    assert len(vocabulary) == 5
    assert vocabulary.encode("ba") == [4, 3]
    assert vocabulary.decode([BEGIN, 4, 3, END, 3, PAD]) == "ba"
    assert vocabulary.decode(torch.tensor([3, 3])) == "aa"


@pytest.mark.parametrize("symbols", [(), ("a", "a"), ("a", "")])
def test_a_vocabulary_of_nothing_or_twice(symbols):
    with pytest.raises(ValueError, match="symbols="):
        Vocabulary(symbols)


def test_an_unknown_symbol():
    with pytest.raises(ValueError, match=r"'abz' holds \['z'\]"):
        Vocabulary(("a", "b")).encode("abz")


@given(st.integers(1, 12), st.integers(0, 5), st.integers(1, 26))
def test_targets_are_sources_backwards(longest, seed, symbols):
    pairs = make_reversals(20, lengths=range(1, longest + 1), symbols=symbols, seed=seed)
    for index in range(len(pairs)):
        source, target = pairs.texts(index)
        assert target == source[::-1]
        assert 1 <= len(source) <= longest
        assert set(source) <= set("abcdefghijklmnopqrstuvwxyz"[:symbols])


def test_begin_end_and_padding_stand_where_they_should():
    pairs = make_reversals(50, **ARGUMENTS)
    for source, target, length in zip(
        pairs.sources, pairs.targets, pairs.lengths.tolist(), strict=True
    ):
        assert (source[:length] > END).all()
        assert (source[length:] == PAD).all()
        assert target[0] == BEGIN
        assert (target[1 : 1 + length] > END).all()
        assert target[1 + length] == END
        assert (target[2 + length :] == PAD).all()


def test_lengths_are_those_asked_for():
    pairs = make_reversals(400, **(ARGUMENTS | {"lengths": [3, 7]}))
    values, counts = pairs.lengths.unique(return_counts=True)
    assert values.tolist() == [3, 7]
    assert counts.min() > 150


@pytest.mark.parametrize("index", range(10))
def test_a_target_symbol_is_aligned_with_its_own_source_symbol(index):
    pairs = make_reversals(10, **ARGUMENTS)
    source, target = pairs.texts(index)
    for t, symbol in enumerate(target):
        (places,) = pairs.alignment[index, t].nonzero().T
        assert places.tolist() == [len(source) - 1 - t]
        assert source[places[0]] == symbol
    assert not pairs.alignment[index, len(target) :].any()


def test_batches_are_cut_after_their_longest():
    pairs = make_reversals(64, **ARGUMENTS)
    seen = 0
    for source, target in batches(pairs, batch_size=8, seed=0):
        longest = int((source != PAD).sum(1).max())
        assert source.shape == (8, longest)
        assert target.shape == (8, longest + 2)
        seen += len(source)
    assert seen == 64


def test_the_seed_decides():
    one, same = (make_reversals(30, **ARGUMENTS) for _ in range(2))
    other = make_reversals(30, **(ARGUMENTS | {"seed": 1}))
    assert torch.equal(one.sources, same.sources)
    assert torch.equal(one.targets, same.targets)
    assert not torch.equal(one.sources, other.sources)


def test_the_pairs_of_seed_0_never_change():
    pairs = make_reversals(3, lengths=range(1, 9), symbols=26, seed=0)
    assert [pairs.texts(i)[0] for i in range(3)] == ["hibbaev", "xnpzsq", "yhvra"]


def test_one_pair_is_one_pair():
    pairs = make_reversals(5, **ARGUMENTS)
    source, target = pairs[2]
    assert pairs.source_vocabulary.decode(source) == pairs.texts(2)[0]
    assert pairs.target_vocabulary.decode(target) == pairs.texts(2)[1]


def test_a_subset_has_its_pairs_and_their_alignment():
    pairs = make_reversals(20, **ARGUMENTS)
    few = pairs.subset([7, 3])
    assert isinstance(few, SequenceSet)
    assert [few.texts(i) for i in range(2)] == [pairs.texts(7), pairs.texts(3)]
    t, s = few.alignment.shape[1:]
    assert torch.equal(few.alignment, pairs.alignment[[7, 3], :t, :s])
    with pytest.raises(ValueError, match="0 to 19"):
        pairs.subset([20])
    with pytest.raises(ValueError, match="0 to 19"):
        pairs.subset([])


def test_alignment_and_whole_set_fit_each_other():
    # Of 2 words from 1 to 40 letters, hardly one has 40.
    pairs = make_reversals(2, lengths=range(1, 41), seed=0)
    source, target = pairs.whole
    assert source.shape[1] == pairs.lengths.max()
    assert pairs.alignment.shape == (2, target.shape[1] - 2, source.shape[1])


def test_it_describes_itself():
    pairs = make_reversals(1200, lengths=[2, 4], symbols=3, seed=0)
    assert repr(pairs) == "SequenceSet(1,200 pairs, sources of 2 to 4 symbols)"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"count": 0}, "count=0"),
        ({"count": 2.5}, "count=2.5"),
        ({"lengths": []}, r"lengths=\[\]"),
        ({"lengths": [0, 3]}, r"lengths=\[0, 3\]"),
        ({"symbols": 0}, "symbols=0"),
        ({"symbols": 27}, "symbols=27"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_invalid_arguments(wrong, words):
    with pytest.raises(ValueError, match=words):
        make_reversals(**({"count": 5} | ARGUMENTS | wrong))
