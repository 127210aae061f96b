"""BERT's normaliser: what happens to the characters of a text before it is cut into words.

Control characters vanish, every kind of white space becomes a blank, Chinese characters get blanks
around them; then accents are stripped and capitals lowered, where asked. Each character knows its
place in the text that was given, so that a token can be found there again.

The rules and their order are those of `BertNormalizer` in the library tokenizers, after BERT's own
tokenization.py. Its tables of characters are of Unicode 8 (2015), Python's of the interpreter: some
characters that came since, and four older ones, are accents or punctuation here and not there, or
the reverse. Source: https://github.com/huggingface/tokenizers, `normalizers/bert.rs`.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, combining, normalize

# Control, format, private use, and halves of a character that no text has whole. Places without a
# character (Cn) stay, against BERT's own Python code.
REMOVED = ("Cc", "Cf", "Co", "Cs")
# The last but two begins at 2B920 in the library, in Unicode and in BERT's own code at 2B820.
CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class Normalised(NamedTuple):
    """A text made plain, and where each of its characters stood in the text that was given.

    Attributes:
        text: the characters.
        places: for each of them, the index of the character that it comes from.
    """

    text: str
    places: list[int]


@dataclass(frozen=True)
class Normaliser:
    """Makes texts plain as BERT does: text -> `Normalised`.

    Args:
        lower: capitals become small letters, as in the models called "uncased".
        strip_accents: "é" becomes "e"; left out, it follows `lower`, as in BERT.
    """

    lower: bool = True
    strip_accents: bool | None = None

    def __call__(self, text: str) -> Normalised:
        cleaned = [(c, i) for i, given in enumerate(text) for c in clean(given)]
        if self.lower if self.strip_accents is None else self.strip_accents:
            cleaned = without_accents(cleaned)
        if self.lower:
            cleaned = [(small, i) for c, i in cleaned for small in c.lower()]
        return Normalised("".join(c for c, _ in cleaned), [i for _, i in cleaned])


@lru_cache(maxsize=2**16)
def clean(character: str) -> str:
    """What becomes of one character: nothing, a blank, itself, or itself between blanks."""
    if character in "\t\n\r":  # of category Cc, but they part words
        return " "
    if character == "\ufffd" or category(character) in REMOVED:
        return ""
    if character.isspace():
        return " "
    if any(first <= ord(character) <= last for first, last in CHINESE):
        return f" {character} "
    return character


def without_accents(characters: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Letters apart from their accents (Unicode's form NFD), and the accents left out.

    An accent is a mark that takes no room of its own (category Mn). Other marks stay, in the order
    that NFD has them.
    """
    parts = [(part, i) for c, i in characters for part in decomposed(c)]
    if any(combining(c) for c, _ in parts):
        run, keys = 0, []
        for c, _ in parts:
            run += not combining(c)
            keys.append((run, combining(c)))
        parts = [parts[at] for at in sorted(range(len(parts)), key=keys.__getitem__)]
    return [(c, i) for c, i in parts if not is_accent(c)]


@lru_cache(maxsize=2**16)
def decomposed(character: str) -> str:
    """A letter, then its accents: one character in form NFD."""
    return normalize("NFD", character)


@lru_cache(maxsize=2**16)
def is_accent(character: str) -> bool:
    """Whether it is a mark that takes no room of its own."""
    return category(character) == "Mn"
