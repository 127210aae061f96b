"""Words of captions whose translation hardly varies, and the pieces of a sentence they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

SPACE = "▁"
# English -> the beginnings of what may stand for it. Short and unambiguous by intention; written
# down before anything was measured.
TRANSLATIONS: dict[str, tuple[str, ...]] = {
    "man": ("mann",), "woman": ("frau",), "girl": ("mädchen",), "boy": ("junge", "bub"),
    "men": ("männer",), "women": ("frauen",), "children": ("kinder",), "child": ("kind",),
    "dog": ("hund",), "dogs": ("hunde",), "people": ("menschen", "leute", "personen"),
    "two": ("zwei",), "three": ("drei",), "four": ("vier",), "five": ("fünf",),
    "red": ("rot",), "blue": ("blau",), "green": ("grün",), "white": ("weiß",),
    "black": ("schwarz",), "yellow": ("gelb",), "brown": ("braun",), "orange": ("orange",),
    "young": ("jung",), "old": ("alt", "ält"), "little": ("klein",), "small": ("klein",),
    "big": ("groß",), "large": ("groß",), "and": ("und",), "water": ("wasser",),
    "street": ("straße",), "beach": ("strand",), "horse": ("pferd",), "ball": ("ball",),
    "snow": ("schnee",), "hat": ("hut",), "guitar": ("gitarre",), "table": ("tisch",),
    "house": ("haus",), "car": ("auto",), "bike": ("fahrrad",), "grass": ("gras",),
    "camera": ("kamera",), "group": ("gruppe",), "dress": ("kleid",), "shirt": ("hemd",),
}  # fmt: skip


class Word(NamedTuple):
    """A word, in lower case, and its pieces: from number `start` up to `stop`, not included."""

    text: str
    start: int
    stop: int


class Link(NamedTuple):
    """A word of the target, and the source's pieces that it translates.

    Attributes:
        target: number of the target word's first piece.
        start, stop: the source word's pieces, `stop` not included.
    """

    target: int
    start: int
    stop: int


def words_of(pieces: Sequence[str]) -> list[Word]:
    """Pieces joined to words again; punctuation stands alone."""
    starts = [
        place
        for place, piece in enumerate(pieces)
        if place == 0 or piece.startswith(SPACE) or _sign(piece) or _sign(pieces[place - 1])
    ]
    ends = [*starts[1:], len(pieces)]
    return [
        Word("".join(pieces[start:stop]).replace(SPACE, "").lower(), start, stop)
        for start, stop in zip(starts, ends, strict=True)
    ]


def links(source: Sequence[str], target: Sequence[str]) -> Iterator[Link]:
    """The dictionary's pairs in a pair of sentences; both words must stand there exactly once."""
    there, here = words_of(source), words_of(target)
    for english, starts in TRANSLATIONS.items():
        found = [word for word in there if word.text == english]
        german = [word for word in here if word.text.startswith(starts)]
        if len(found) == 1 and len(german) == 1:
            yield Link(german[0].start, found[0].start, found[0].stop)


def _sign(piece: str) -> bool:
    return not any(letter.isalnum() for letter in piece.replace(SPACE, "")) and piece != SPACE
