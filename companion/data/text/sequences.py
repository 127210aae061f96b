"""Sequences to turn into other sequences, where the right alignment is known.

Axis letters: n pairs, b batch, s source symbols, t target symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset

PAD, BEGIN, END = 0, 1, 2


@dataclass(frozen=True)
class Vocabulary:
    """Which symbol has which id. Ids 0, 1 and 2 are padding, begin and end; symbols follow.

    Raises `ValueError` when there is no symbol, or one is empty or comes twice.
    """

    symbols: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.symbols or "" in self.symbols or len(set(self.symbols)) < len(self.symbols):
            raise ValueError(
                f"symbols={self.symbols!r}: give at least one, none of them empty or twice"
            )

    def __len__(self) -> int:
        return len(self.symbols) + 3

    def encode(self, text: str) -> list[int]:
        """The ids of a text's characters, nothing added. Raises `ValueError` for unknown ones."""
        unknown = sorted(set(text) - set(self.symbols))
        if unknown:
            raise ValueError(f"{text!r} holds {unknown}, which are not among the symbols")
        return [self.symbols.index(symbol) + 3 for symbol in text]

    def decode(self, ids: Tensor | Sequence[int]) -> str:
        """The text of ids up to the first end; padding and begin are left out."""
        plain = torch.as_tensor(ids).tolist()
        before = plain[: plain.index(END)] if END in plain else plain
        return "".join(self.symbols[i - 3] for i in before if i > END)


class SequenceBatch(NamedTuple):
    """source (b, s): ids, then padding. target (b, 1 + t + 1): begin, ids, end, then padding.

    A model that learns reads `source` and `target[:, :-1]`, and answers `target[:, 1:]`.
    """

    source: Tensor
    target: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class SequenceSet(Dataset[SequenceBatch]):
    """Pairs of sequences, padded with 0, and what belongs to what in them. A torch `Dataset` too.

    sources (n, s) and targets (n, 1 + t + 1) are ids as in `SequenceBatch`. source_parts (n, s) and
    target_parts (n, t) number the parts of each pair: symbols of the same part belong together,
    0 is padding or a symbol that comes from nowhere.
    """

    sources: Tensor
    targets: Tensor
    source_parts: Tensor
    target_parts: Tensor
    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index: int) -> SequenceBatch:
        return SequenceBatch(*(ids[0] for ids in self.__getitems__([index])))

    def __getitems__(self, indices: Tensor | Sequence[int]) -> SequenceBatch:
        """A batch, cut off after its longest source and target."""
        rows = torch.as_tensor(indices)
        return SequenceBatch(_trimmed(self.sources[rows]), _trimmed(self.targets[rows]))

    @property
    def whole(self) -> SequenceBatch:
        """All pairs as one batch."""
        return self.__getitems__(torch.arange(len(self)))

    @property
    def lengths(self) -> Tensor:
        """Symbols in each source: (n,)."""
        return (self.sources != PAD).sum(dim=1)

    @property
    def alignment(self) -> Tensor:
        """True where source symbol s is one that target symbol t comes from: (n, t, s).

        Row t is about `targets[:, 1 + t]`, what the decoder gives at its step t. A row of a symbol
        that comes from nowhere, such as a hyphen, is all False.
        """
        known = self.target_parts[:, :, None]
        return (known == self.source_parts[:, None, :]) & (known > 0)

    def subset(self, indices: Tensor | Sequence[int]) -> SequenceSet:
        """The pairs at `indices`, in that order. Raises `ValueError` when out of range or none."""
        rows = torch.as_tensor(indices, dtype=torch.long)
        if len(rows) == 0 or rows.min() < 0 or rows.max() >= len(self):
            raise ValueError(f"indices must be some of 0 to {len(self) - 1}; got {rows.tolist()}")
        source, target = self.__getitems__(rows)
        return SequenceSet(
            source,
            target,
            self.source_parts[rows, : source.shape[1]],
            self.target_parts[rows, : target.shape[1] - 2],
            self.source_vocabulary,
            self.target_vocabulary,
        )

    def texts(self, index: int) -> tuple[str, str]:
        """One pair for people: source and target."""
        return (
            self.source_vocabulary.decode(self.sources[index]),
            self.target_vocabulary.decode(self.targets[index]),
        )

    def __repr__(self) -> str:
        low, high = self.lengths.min().item(), self.lengths.max().item()
        return f"SequenceSet({len(self):,} pairs, sources of {low} to {high} symbols)"


def _trimmed(ids: Tensor) -> Tensor:
    used = (ids != PAD).any(dim=0).nonzero()
    return ids[:, : int(used.max()) + 1] if len(used) else ids[:, :0]
