"""BERT's pre-tokeniser: a normalised text cut into words, every punctuation sign one of its own."""

from collections.abc import Iterator
from functools import lru_cache
from string import punctuation
from unicodedata import category


def split_words(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each word of a normalised text, in which only blanks part words."""
    begin = 0
    for at, character in enumerate(text):
        if character == " " or is_punctuation(character):
            if begin < at:
                yield begin, at
            if character != " ":
                yield at, at + 1
            begin = at + 1
    if begin < len(text):
        yield begin, len(text)


@lru_cache(maxsize=2**16)
def is_punctuation(character: str) -> bool:
    """ASCII's signs, "$" and "+" among them, and what Unicode calls punctuation."""
    return character in punctuation or category(character).startswith("P")
