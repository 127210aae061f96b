"""Tokens as they can be shown: every character seen, none that turns or hides its neighbours."""

import re
import unicodedata
from collections.abc import Collection, Sequence

LONGEST = 40
SIGNS = {" ": "␣", "\n": "↵", "\r": "↵", "\t": "⇥"}
JOINERS = "\u200c\u200d"  # inside a word or an emoji they shape its neighbours and no more
UNSEEN = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Zs")
BRACKETED = re.compile(r"\[[A-Z]+\d*\]|</?[a-z_]+\d*>|<\|[a-z_]+\|>")
SEPARATORS = ("[SEP]", "</s>")


def visible(token: str) -> str:
    """A token in which every character is seen and none turns the order of others.

    Spaces and ends of lines have signs, characters that are not drawn stand as ⟨U+202E⟩, and a
    mark that would sit on its neighbour gets a place of its own. What is very long is cut.
    """
    cut = token[:LONGEST]
    signs = [_sign(cut, at) for at in range(len(cut))]
    if cut and unicodedata.category(cut[0]).startswith("M"):
        signs.insert(0, "◌")
    return "".join(signs) + "…" * (len(token) > LONGEST) or "(empty)"


def _sign(token: str, at: int) -> str:
    sign = token[at]
    if sign in SIGNS:
        return SIGNS[sign]
    if sign in JOINERS and 0 < at < len(token) - 1:
        return sign
    unseen = unicodedata.category(sign) in UNSEEN
    return f"⟨U+{ord(sign):04X}⟩" if unseen else sign


def special_of(tokens: Sequence[str], special: Collection[str] | None) -> list[bool]:
    """Which tokens are special: those named, or those in brackets, as [CLS], </s>, <|end|>."""
    if special is None:
        return [BRACKETED.fullmatch(token) is not None for token in tokens]
    return [token in special for token in tokens]


def segments_of(tokens: Sequence[str], special: Sequence[bool]) -> list[int]:
    """Which sentence each token is of, from 0: a new one begins after [SEP] or </s>."""
    found, segment = [], 0
    for at, token in enumerate(tokens):
        found.append(segment)
        more = not all(special[at + 1 :])
        doubled = tokens[at + 1 : at + 2] == [token]  # RoBERTa puts two between sentences
        segment += token in SEPARATORS and more and not doubled and not all(special[: at + 1])
    return found
