"""Ids, places and types are those of the library tokenizers, whatever the text."""

import pickle
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, strategies as st
from torch.testing import assert_close

from companion.data import WordPiece
from companion.data.text.wordpiece.encoding import Encoded
from companion.data.text.wordpiece.pieces import SPECIAL, cut_word

Library = Callable[[WordPiece], Any]
SMALL = (*SPECIAL, "un", "##happi", "##ly", "##l", "happy", "i", "am", ".", "!", "##y")


def columns(theirs: Any) -> Encoded:
    """The library's encoding, as ours names it."""
    return Encoded(
        theirs.tokens, theirs.ids, theirs.type_ids, theirs.offsets, theirs.special_tokens_mask
    )


@pytest.mark.parametrize(
    ("lower", "strip_accents"), [(True, None), (False, None), (True, False), (False, True)]
)
def test_ten_thousand_texts(
    words: WordPiece, library: Library, texts: list[str], lower: bool, strip_accents: bool | None
) -> None:
    chosen = texts if lower and strip_accents is None else texts[:1000]
    ours = WordPiece(words.tokens, lower=lower, strip_accents=strip_accents)
    encoded = [ours.encode(text) for text in chosen]
    for text, one, other in zip(chosen, encoded, library(ours).encode_batch(chosen), strict=True):
        assert one == columns(other), repr(text)
    found = {token for one in encoded for token in one.tokens}
    assert set(SPECIAL) <= found
    assert sum(token.startswith("##") for token in found) > 10


@pytest.mark.parametrize("max_length", [None, 3, 4, 7, 8, 20])
@pytest.mark.parametrize("truncation", ["longest_first", "only_first", "only_second"])
def test_pairs_and_truncation(
    words: WordPiece, library: Library, texts: list[str], max_length: int | None, truncation: str
) -> None:
    theirs, refused = library(words), 0
    if max_length is not None:
        theirs.enable_truncation(max_length, strategy=truncation)
    for text, pair in zip(texts[:150], texts[150:300], strict=True):
        try:
            expected = columns(theirs.encode(text, pair))
        except Exception:  # the library's own, of no class that could be named
            refused += 1
            with pytest.raises(ValueError, match="are too many and that text has only"):
                words.encode(text, pair, max_length=max_length, truncation=truncation)
            continue
        assert words.encode(text, pair, max_length=max_length, truncation=truncation) == expected
    assert refused < 150
    assert (refused > 0) == (truncation != "longest_first" and max_length not in (None, 3))


@pytest.mark.parametrize("max_length", [2, 3, 5, 30])
def test_one_text_is_cut_too_and_nothing_need_be_put_in(
    words: WordPiece, library: Library, texts: list[str], max_length: int
) -> None:
    theirs = library(words)
    theirs.enable_truncation(max_length)
    for text in texts[:100]:
        assert words.encode(text, max_length=max_length) == columns(theirs.encode(text))
        bare = columns(theirs.encode(text, add_special_tokens=False))
        assert words.encode(text, special=False, max_length=max_length) == bare


def test_batches_are_padded_as_the_librarys(
    words: WordPiece, library: Library, texts: list[str]
) -> None:
    theirs = library(words)
    some, others = texts[:40], texts[40:80]
    for length in (None, 200):
        theirs.enable_padding(pad_id=words.ids["[PAD]"], length=length)
        theirs.enable_truncation(200)
        pairs = list(zip(some, others, strict=True))
        for rows, ours in (
            (theirs.encode_batch(some), words.batch(some, length=length, max_length=200)),
            (theirs.encode_batch(pairs), words.batch(some, others, length=length, max_length=200)),
        ):
            assert_close(ours.input_ids, torch.tensor([row.ids for row in rows]))
            assert_close(ours.token_type_ids, torch.tensor([row.type_ids for row in rows]))
            assert_close(ours.attention_mask, torch.tensor([row.attention_mask for row in rows]))
    assert ours.attention_mask.sum(dim=1).unique().numel() > 1


def test_decoding_is_the_librarys(words: WordPiece, library: Library, texts: list[str]) -> None:
    close = ["don", "n't", "'s", "'ve", "'re", "'m", ".", "?", "!", ",", "##s"]
    ours = WordPiece([*words.tokens, *(t for t in close if t not in words.ids)])
    theirs = library(ours)
    for text in texts[:500]:
        ids = ours.encode(text).ids
        assert ours.decode(ids, special=True) == theirs.decode(ids, skip_special_tokens=False)
        assert ours.decode(torch.tensor(ids)) == theirs.decode(ids)
    for ids in ([ours.ids[token] for token in close], [ours.ids["##s"], ours.ids["."]], []):
        assert ours.decode(ids) == theirs.decode(ids)


@given(st.text(alphabet=st.characters(max_codepoint=0x2FFF, exclude_categories=["Cs", "Cn"])))
def test_any_text_keeps_its_order_and_its_places(words: WordPiece, text: str) -> None:
    encoded = words.encode(text, special=False)
    begins = [begin for begin, _ in encoded.offsets]
    assert begins == sorted(begins)
    for token, (begin, end) in zip(encoded.tokens, encoded.offsets, strict=True):
        assert 0 <= begin < end <= len(text)
        plain = token.removeprefix("##")
        assert token == "[UNK]" or plain in words.normalise(text[begin:end]).text
    assert encoded.ids == [words.ids[token] for token in encoded.tokens]
    again = words.decode(encoded.ids)
    if "[" not in text and "[UNK]" not in encoded.tokens:
        assert words.encode(again, special=False).ids == encoded.ids


def test_pieces_by_hand() -> None:
    ours = WordPiece(SMALL)
    encoded = ours.encode("I am  unhappily HAPPY!")
    expected = "[CLS] i am un ##happi ##ly happy ! [SEP]"
    assert " ".join(encoded.tokens) == expected
    assert encoded.offsets[1:5] == [(0, 1), (2, 4), (6, 8), (8, 13)]
    assert ours.decode(encoded.ids) == "i am unhappily happy!"
    assert ours.decode(encoded.ids, special=True).startswith("[CLS] i am")
    # Longest first is greedy: no piece goes on after "##ly" with "y", though "##l ##y ##y" would.
    assert ours.encode("unlyy", special=False).tokens == ["un", "##ly", "##y"]
    assert ours.encode("happyz", special=False).tokens == ["[UNK]"]


def test_a_word_that_is_too_long_is_unknown() -> None:
    ours = WordPiece([*SPECIAL, "a", "##a"], max_word=5)
    assert ours.encode("aaaaa aaaaaa", special=False).tokens == ["a", *["##a"] * 4, "[UNK]"]
    assert ours.encode("aaaaaa", special=False).offsets == [(0, 6)]
    assert cut_word("aaa", ours.ids, longest=1, max_word=3)[2] == ("##a", 2, 3)


def test_a_typed_separator_is_one_but_no_type_changes() -> None:
    ours = WordPiece(SMALL)
    typed, pair = ours.encode("I am. [SEP] happy!"), ours.encode("I am.", "happy!")
    assert typed.ids == pair.ids
    assert typed.type_ids == [0] * 8
    assert pair.type_ids == [0, 0, 0, 0, 0, 1, 1, 1]
    assert typed.special_mask == [1, 0, 0, 0, 0, 0, 0, 1]
    assert typed.offsets[4] == (6, 11)


def test_the_empty_and_the_huge_are_quick() -> None:
    ours = WordPiece(SMALL)
    assert ours.encode("").tokens == ours.encode(" \n\x00").tokens == ["[CLS]", "[SEP]"]
    assert ours.encode("", "").type_ids == [0, 0, 1]
    start = time.process_time()
    assert ours.encode("x" * 1_000_000, special=False).tokens == ["[UNK]"]
    assert len(ours.encode("i" * 90 + " ." * 20_000, special=False).ids) == 20_001
    assert len(ours.encode("e" + "\u0301" * 50_000, special=False).ids) == 1
    assert time.process_time() - start < 60


def test_halves_of_characters_are_taken_away() -> None:
    assert WordPiece(SMALL).encode("i\ud800 am", special=False).tokens == ["i", "am"]


def test_what_cannot_be_done_is_refused() -> None:
    ours = WordPiece(SMALL)
    for call, words in (
        (lambda: ours.encode("i", max_length=1), r"max_length=1: .* take 2 places"),
        (lambda: ours.encode("i", "am", max_length=2), "take 3 places"),
        (lambda: ours.encode("i", max_length=9, truncation="longest"), "truncation='longest'"),
        (lambda: ours.encode("i", max_length=9, truncation="only_second"), "a single text"),
        (lambda: ours.batch("i am"), r"a single text: give a list of them"),
        (lambda: ours.batch(["i"], ["am", "happy"]), "1 texts and 2 pairs"),
        (lambda: ours.batch([]), "there is no text"),
        (lambda: ours.batch(["i am happy"], length=4), "length=4, but a text has 5 tokens"),
        (lambda: ours.decode([15]), "no id 15: this vocabulary has 0 to 14"),
        (lambda: ours.decode([-1]), "no id -1"),
        (lambda: ours.decode(torch.zeros(1, 2, dtype=torch.long)), r"shape \(1, 2\): give one"),
        (lambda: WordPiece([*SMALL, "i"]), "'i' comes twice, as number 10 and 15"),
        (lambda: WordPiece([*SMALL, ""]), "number 15 is ''"),
        (lambda: WordPiece([*SMALL, "a b"]), "number 15 is 'a b'"),
        (lambda: WordPiece(SMALL[2:]), r"13 tokens, and \['\[PAD\]', '\[UNK\]'\] not among"),
        (lambda: WordPiece(SMALL, max_word=0), "max_word=0"),
    ):
        with pytest.raises(ValueError, match=words):
            call()


def test_it_can_be_sent_to_another_process(words: WordPiece) -> None:
    assert pickle.loads(pickle.dumps(words)).encode("Playing") == words.encode("Playing")
