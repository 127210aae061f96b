"""Training finds the library's vocabulary, as far as the library has only one."""

import random
from typing import Any

import pytest

from companion.data import Normaliser, WordPiece, train_wordpiece
from companion.data.text.wordpiece.pieces import PREFIX, SPECIAL
from companion.data.text.wordpiece.train import count_words, first_signs

tokenizers = pytest.importorskip("tokenizers")

SYLLABLES = ("ba", "ké", "ndo", "st", "r", "ing", "un", "中", "Ä", "ss", "q", "e", "x-", "a")


def made(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    some = ["".join(draw.choices(SYLLABLES, k=draw.randint(1, 5))) for _ in range(200)]
    return [" ".join(draw.choices(some, k=8)) for _ in range(count)]


def theirs(texts: list[str], first: list[str], **options: Any) -> list[str]:
    """The library's vocabulary, whose first tokens are given."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    trainer = tokenizers.trainers.WordPieceTrainer(
        special_tokens=first, show_progress=False, **options
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.__getitem__)


@pytest.mark.parametrize("size", [60, 150, 400, 5000])
@pytest.mark.parametrize("min_count", [1, 2, 30])
def test_id_for_id_where_the_signs_are_in_one_order(size: int, min_count: int) -> None:
    texts = made(150, seed=size)
    ours = train_wordpiece(texts, size=size, min_count=min_count)
    # Given as special tokens, the signs with "##" have our order, and ties fall the same way.
    first = [*SPECIAL, *first_signs(count_words(texts, Normaliser()), 1000)]
    expected = theirs(texts, first, vocab_size=size, min_frequency=min_count)
    assert list(ours.tokens) == expected
    assert len(ours) > len(first) + 10
    assert (len(ours) == size) == (size <= 150 and min_count < 30)


def test_as_a_set_where_the_library_orders_signs_as_it_happens() -> None:
    # Every pair that comes at all is joined, so that no tie decides which are.
    texts = made(150, seed=1)
    ours = train_wordpiece(texts, size=100_000, min_count=1)
    expected = theirs(texts, list(SPECIAL), vocab_size=100_000, min_frequency=1)
    words = count_words(texts, Normaliser())
    assert set(words) <= set(ours.tokens) & set(expected)
    alone = [token for token in first_signs(words, 1000) if not token.startswith(PREFIX)]
    start = len(SPECIAL) + len(alone)
    assert list(ours.tokens[:start]) == expected[:start] == [*SPECIAL, *alone]
    marked = [token for token in expected if token.startswith(PREFIX) and len(token) == 3]
    assert sorted(marked) == [t for t in ours.tokens if t.startswith(PREFIX) and len(t) == 3]


def test_a_small_alphabet_passes_rare_signs_over() -> None:
    texts = ["aaa bbb aaa abc", "aab☂b"]
    ours = train_wordpiece(texts, size=30, min_count=1, alphabet=2)
    expected = theirs(
        texts,
        [*SPECIAL, "a", "b", "##a", "##b"],
        vocab_size=30,
        min_frequency=1,
        limit_alphabet=2,
    )
    assert list(ours.tokens) == expected
    assert ours.encode("abc aab☂b", special=False).tokens == ["[UNK]"] * 2


def test_by_hand() -> None:
    # "##u ##g" comes 25 times, then "h ##ug" 15 times, "p ##ug" 10; "p ##u" and "##u ##n" come 4
    # times, and the ids of the first are lower.
    ours = train_wordpiece(["hug " * 15, "pug " * 10, "pun " * 4], size=14)
    signs = ["h", "p", "g", "n", "u", "##g", "##n", "##u"]
    assert ours.tokens[: len(SPECIAL)] == SPECIAL
    assert set(ours.tokens[5:-1]) == set(signs)
    assert ours.tokens[-1] == "##ug"
    larger = train_wordpiece(["hug " * 15, "pug " * 10, "pun " * 4], size=99)
    assert larger.tokens[13:] == ("##ug", "hug", "pug", "pu", "pun")


def test_the_order_of_texts_and_case_do_not_matter() -> None:
    texts = made(60, seed=3)
    ours = train_wordpiece(texts, size=200)
    assert train_wordpiece(iter(texts[::-1]), size=200).tokens == ours.tokens
    assert train_wordpiece([text.upper() for text in texts], size=200).tokens == ours.tokens
    cased = train_wordpiece(texts, size=200, lower=False)
    assert {"Ä", "é"} <= set(cased.tokens)
    assert "é" not in ours.tokens
    assert cased.encode("Ä").ids != cased.encode("a").ids


def test_impossible_vocabularies_are_refused() -> None:
    with pytest.raises(ValueError, match="no word in the texts"):
        train_wordpiece([" \n", ""], size=100)
    with pytest.raises(ValueError, match=r"size=8 is too small: 5 special .* are 9"):
        train_wordpiece(["abba"], size=8)
    with pytest.raises(ValueError, match="size=0"):
        train_wordpiece(["abba"], size=0)
    with pytest.raises(ValueError, match="min_count=0, alphabet=0"):
        train_wordpiece(["abba"], size=9, min_count=0, alphabet=0)


def test_what_was_trained_encodes_its_own_words_whole() -> None:
    texts = made(50, seed=4)
    ours = train_wordpiece(texts, size=100_000, min_count=1)
    assert isinstance(ours, WordPiece)
    for text in texts:
        tokens = ours.encode(text, special=False).tokens
        assert not any(token.startswith(PREFIX) or token == "[UNK]" for token in tokens)
