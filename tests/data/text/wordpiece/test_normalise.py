"""Every character becomes what BERT's normaliser in the library makes of it, or is named here."""

import sys
import unicodedata
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, strategies as st

from companion.data import Normaliser, split_words

tokenizers = pytest.importorskip("tokenizers")

OLDER = "\u166d\u1734\u1885\u1886"  # characters that Unicode has put into another class since 2015


def library(lower: bool = True, strip_accents: bool | None = None) -> Any:
    return tokenizers.normalizers.BertNormalizer(lowercase=lower, strip_accents=strip_accents)


def split(plain: str) -> list[str]:
    return [plain[begin:end] for begin, end in split_words(plain)]


def differ(text: str, lower: bool = True, strip_accents: bool | None = None) -> bool:
    plain = library(lower, strip_accents).normalize_str(text)
    cut = tokenizers.pre_tokenizers.BertPreTokenizer().pre_tokenize_str(plain)
    ours = Normaliser(lower, strip_accents)(text).text
    return ours != plain or split(ours) != [word for word, _ in cut]


@pytest.fixture(scope="module")
def differing() -> set[str]:
    """Characters that Python knows and the library has in another class."""
    every = map(chr, (*range(0xD800), *range(0xE000, sys.maxunicode + 1)))
    return {c for c in every if is_tried(c) and differ(f"a{c}b")}


def is_tried(character: str) -> bool:
    """All that Python knows, but of the many thousand letters of East Asia only some."""
    kind = unicodedata.category(character)
    many = kind == "Lo" and ord(character) >= 0x3400
    return kind not in ("Cn", "Co") and not (many and ord(character) % 64)


def test_only_what_came_after_2015_and_four_older_signs_differ(differing: set[str]) -> None:
    known_long = {c for c in differing if unicodedata.ucd_3_2_0.category(c) != "Cn"}
    assert known_long <= set(OLDER)
    assert 300 < len(differing) < 700
    assert {unicodedata.category(c) for c in differing} <= {
        "Mn",
        "Mc",
        "Po",
        "Ps",
        "Pe",
        "Pd",
        "Cf",
        "So",
        "Lu",
    }


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.booleans(), st.booleans())
def test_texts_become_the_same(
    differing: set[str], text: str, lower: bool, strip_accents: bool
) -> None:
    both = "".join(c for c in text if c not in differing)
    assert not differ(both, lower, strip_accents)


@pytest.mark.parametrize("marks", list(permutations("\U0001d16d\u302e\u1b44\u0301")))
def test_marks_stand_in_the_order_of_nfd(marks: tuple[str, ...]) -> None:
    text = "".join(["a", *marks, "b"])
    assert not differ(text)
    assert Normaliser()(text).text == "a\u1b44\u302e\U0001d16db"


@given(st.text())
def test_every_character_knows_where_it_comes_from(text: str) -> None:
    plain, places = Normaliser()(text)
    assert len(plain) == len(places)
    assert all(0 <= at < len(text) for at in places)
    for c, at in zip(plain, places, strict=True):
        assert c in Normaliser()(text[at]).text


def test_by_hand() -> None:
    assert Normaliser()("Héllo\tWÖRLD\x00") == ("hello world", [*range(11)])
    assert Normaliser()("a中b") == ("a 中 b", [0, 1, 1, 1, 2])
    assert Normaliser(lower=False)("Hé") == ("Hé", [0, 1])
    assert Normaliser(lower=False, strip_accents=True)("HÉ").text == "HE"
    assert Normaliser(strip_accents=False)("HÉİ") == ("héi\u0307", [0, 1, 2, 2])
    assert Normaliser()("e\u0301x") == ("ex", [0, 2])
    assert Normaliser()("\u200bа\u00ad\ufffd\ue000").text == "а"
    assert split("don't  go... ($5)!") == [
        *("don", "'", "t", "go", ".", ".", ".", "(", "$", "5", ")", "!"),
    ]
    assert split("") == split("   ") == []
