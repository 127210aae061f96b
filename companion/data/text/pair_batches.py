"""Pairs of sentences of about the same length together, so that little of a batch is padding.

Axis letters: b batch, s source tokens, t target tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from companion.checks import require_positive
from companion.data.epochs import EpochOrder
from companion.data.text.multi30k.load import SentencePairs
from companion.data.text.sequences import BEGIN, END, PAD, SequenceBatch
from companion.data.text.subwords import Subwords

# Batches whose pairs are drawn at random together and then sorted by length.
POOL = 50


class PairBatches:
    """Batches of source (b, s), ids then padding, and target (b, 1 + t + 1), begin, ids, end.

    Every pass is one epoch in an order that depends on `seed` and epoch alone: pairs are shuffled,
    sorted by length within pools of 50 batches, cut into batches, and these are shuffled. A pass
    that reaches its end moves on to the next epoch; `set_epoch` returns to one.

    Args:
        pairs: the sentences.
        source: vocabulary of the sources.
        target: vocabulary of the targets.
        batch_size: pairs in a batch; the last may hold fewer.
        seed: of the order.
        max_length: pairs with a longer source or target (begin and end counted) are left out.

    Raises:
        ValueError: `batch_size` or `max_length` is below 1, or no pair is short enough.
    """

    def __init__(
        self,
        pairs: SentencePairs,
        *,
        source: Subwords,
        target: Subwords,
        batch_size: int,
        seed: int,
        max_length: int,
    ) -> None:
        require_positive(batch_size=batch_size, max_length=max_length)
        coded = zip(source.encode(pairs.source), target.encode(pairs.target), strict=True)
        framed = [(ids, [BEGIN, *answer, END]) for ids, answer in coded]
        fitting = [p for p in framed if 0 < len(p[0]) <= max_length and len(p[1]) <= max_length]
        if not fitting:
            shortest = min(max(map(len, pair)) for pair in framed)
            raise ValueError(
                f"max_length={max_length} leaves none of {len(framed)} pairs: the shortest has "
                f"{shortest} tokens"
            )
        self.pairs = [(torch.tensor(ids), torch.tensor(answer)) for ids, answer in fitting]
        self.left_out = len(framed) - len(fitting)
        self.source, self.target = source, target
        self.batch_size = batch_size
        self.order = EpochOrder(len(fitting), seed=seed, shuffle=True)

    def __len__(self) -> int:
        return -(-len(self.pairs) // self.batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Make the next pass epoch number `epoch`. Raises `ValueError` when it is negative."""
        self.order.set_epoch(epoch)

    def __iter__(self) -> Iterator[SequenceBatch]:
        epoch, order = self.order.epoch, self.order.indices()
        pool = self.batch_size * POOL
        pools = (order[i : i + pool] for i in range(0, len(order), pool))
        ordered = [row for rows in pools for row in sorted(rows, key=self._length)]
        cut = [ordered[i : i + self.batch_size] for i in range(0, len(ordered), self.batch_size)]
        # Shuffled by the epoch's own order again: its numbers below the count of batches.
        for number in (row for row in order if row < len(cut)):
            yield self._batch(cut[number])
        self.set_epoch(epoch + 1)

    def _length(self, row: int) -> tuple[int, int]:
        source, target = self.pairs[row]
        return len(target), len(source)

    def _batch(self, rows: Sequence[int]) -> SequenceBatch:
        sources, targets = zip(*(self.pairs[row] for row in rows), strict=True)
        return SequenceBatch(padded(sources), padded(targets))


def padded(rows: Sequence[Tensor]) -> Tensor:
    """Sequences of ids (n,) of any lengths -> (b, n) of the longest, then padding."""
    return pad_sequence(list(rows), batch_first=True, padding_value=PAD)
