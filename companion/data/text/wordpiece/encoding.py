"""What a text has become: tokens, their ids, where they stand; cut to a length, joined, padded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from companion.data.text.wordpiece.pieces import Piece

Truncation = Literal["longest_first", "only_first", "only_second"]


class Encoded(NamedTuple):
    """A text, or two, as tokens; all lists are of one length.

    Attributes:
        tokens: for people to read.
        ids: their numbers in the vocabulary.
        type_ids: 0 in the first text, 1 in the second, as BERT's `token_type_ids`.
        offsets: begin and end of what each token stands for, in characters of the text it came
            from; (0, 0) where it was put in.
        special_mask: 1 where a token was put in: [CLS], [SEP]. A "[SEP]" that was typed counts 0.
    """

    tokens: list[str]
    ids: list[int]
    type_ids: list[int]
    offsets: list[tuple[int, int]]
    special_mask: list[int]

    def first(self, count: int) -> Encoded:
        """Its first tokens."""
        return Encoded._make(part[:count] for part in self)

    def of_type(self, number: int) -> Encoded:
        """The same tokens, as those of text `number`."""
        return self._replace(type_ids=[number] * len(self.ids))


class TokenBatch(NamedTuple):
    """Encoded texts side by side, padded at the end; `model(**batch._asdict())` takes it.

    Attributes:
        input_ids: (b, n), whole numbers.
        token_type_ids: (b, n), 0 at padding.
        attention_mask: (b, n), 1 at tokens, 0 at padding.
    """

    input_ids: Tensor
    token_type_ids: Tensor
    attention_mask: Tensor


def joined(parts: Sequence[Encoded]) -> Encoded:
    """One after the other."""
    return Encoded._make(
        [item for part in column for item in part] for column in zip(*parts, strict=True)
    )


def encoded_pieces(pieces: Sequence[Piece], ids: Mapping[str, int]) -> Encoded:
    """One text's pieces, whose places are in that text."""
    return Encoded(
        [piece.token for piece in pieces],
        [ids[piece.token] for piece in pieces],
        [0] * len(pieces),
        [(piece.begin, piece.end) for piece in pieces],
        [0] * len(pieces),
    )


def put_in(token: str, symbol: int) -> Encoded:
    """A token that stands for nothing in the text."""
    return Encoded([token], [symbol], [0], [(0, 0)], [1])


def framed(parts: Sequence[Encoded], start: Encoded, end: Encoded) -> Encoded:
    """start part end, or start part end pair end; the pair and its end have type 1."""
    ended = [joined([part, end]).of_type(number) for number, part in enumerate(parts)]
    return joined([start, *ended])


def truncated(parts: Sequence[Encoded], room: int, strategy: Truncation) -> list[Encoded]:
    """One or two texts cut at the end, until they have `room` tokens together.

    "longest_first" cuts the longer one to the length of the shorter, then both alike (of an odd
    `room`, the longer one has the greater half); the other two cut only the text they name.

    Raises:
        ValueError: the strategy is not known, its text is not there, or has too few tokens.
    """
    lengths = [len(part.ids) for part in parts]
    excess = sum(lengths) - room
    if strategy == "longest_first":
        kept = lengths if excess <= 0 else _shared(lengths, room)
    elif strategy in ("only_first", "only_second"):
        at = 0 if strategy == "only_first" else 1
        if at >= len(parts):
            raise ValueError(f"truncation={strategy!r} of a single text: give a pair too")
        if excess > 0 and lengths[at] <= excess and room > 0:
            raise ValueError(
                f"truncation={strategy!r}: {excess} tokens are too many and that text has only "
                f"{lengths[at]}: take 'longest_first', or a longer max_length"
            )
        kept = [n - max(excess, 0) * (i == at) for i, n in enumerate(lengths)] if room else [0, 0]
    else:
        raise ValueError(
            f"truncation={strategy!r}: choose 'longest_first', 'only_first' or 'only_second'"
        )
    return [part.first(count) for part, count in zip(parts, kept, strict=False)]


def _shared(lengths: Sequence[int], room: int) -> list[int]:
    if len(lengths) == 1:
        return [room]
    shorter = min(*lengths, room // 2)
    kept = [shorter, room - shorter]
    return kept if lengths[0] <= lengths[1] else kept[::-1]


def padded(encoded: Sequence[Encoded], length: int | None, padding: int) -> TokenBatch:
    """Encoded texts as tensors (b, n), n the longest one's tokens or `length`.

    Raises:
        ValueError: there is no text, or one has more tokens than `length`.
    """
    if not encoded:
        raise ValueError("there is no text: a batch needs one")
    longest = max(len(one.ids) for one in encoded)
    if length is not None and length < longest:
        raise ValueError(
            f"length={length}, but a text has {longest} tokens: cut it with max_length={length}"
        )
    width = longest if length is None else length

    def column(rows: Sequence[Sequence[int]], filling: int) -> Tensor:
        filled = [[*row, *[filling] * (width - len(row))] for row in rows]
        return torch.tensor(filled, dtype=torch.long).reshape(len(rows), width)

    return TokenBatch(
        column([one.ids for one in encoded], padding),
        column([one.type_ids for one in encoded], 0),
        column([[1] * len(one.ids) for one in encoded], 0),
    )
