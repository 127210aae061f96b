"""A word cut into the longest pieces that a vocabulary has, from the left (Schuster & Nakajima)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

PAD, UNKNOWN, CLASS, SEPARATOR, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PREFIX = "##"  # of a piece that goes on with a word
# No blank stands before words that begin so, when pieces are joined again.
CLOSE = (".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re")


class Piece(NamedTuple):
    """A token, and begin and end of what it stands for, counted in characters."""

    token: str
    begin: int
    end: int


def cut_word(word: str, ids: Mapping[str, int], *, longest: int, max_word: int) -> list[Piece]:
    """The longest beginning that is in the vocabulary, then of the rest the same, with "##".

    A word that cannot be written so to its end, or is longer than `max_word`, is one [UNK].
    Source: Schuster & Nakajima 2012; the greedy search: Devlin et al. 2019, tokenization.py.

    Args:
        word: without blanks.
        ids: the vocabulary.
        longest: no token of the vocabulary, without its "##", has more characters.
        max_word: characters of the longest word that is cut.
    """
    pieces: list[Piece] = []
    begin = 0
    while begin < len(word) <= max_word:
        prefix = PREFIX if begin else ""
        for end in range(min(len(word), begin + longest), begin, -1):
            token = prefix + word[begin:end]
            if token in ids:
                pieces.append(Piece(token, begin, end))
                break
        else:
            break
        begin = end
    return pieces if pieces and begin == len(word) else [Piece(UNKNOWN, 0, len(word))]


def spelled(tokens: Iterable[str]) -> str:
    """Pieces joined to words, blanks between the words, except before `CLOSE`."""
    text = ""
    for number, token in enumerate(tokens):
        if number == 0:
            text = token
        elif token.startswith(PREFIX):
            text += token.removeprefix(PREFIX)
        else:
            text += token if token.startswith(CLOSE) else f" {token}"
    return text


def vocabulary_ids(tokens: Sequence[str]) -> dict[str, int]:
    """The id of each token: its place in the list.

    Raises:
        ValueError: a token is empty, holds white space, comes twice, or a special one is missing.
    """
    ids: dict[str, int] = {}
    for number, token in enumerate(tokens):
        if token in ids:
            raise ValueError(f"{token!r} comes twice, as number {ids[token]} and {number}")
        if not token or token.split() != [token]:
            raise ValueError(f"token number {number} is {token!r}: it must be one word, not empty")
        ids[token] = number
    missing = [token for token in SPECIAL if token not in ids]
    if missing:
        raise ValueError(f"{len(ids)} tokens, and {missing} not among them: BERT's have them all")
    return ids
