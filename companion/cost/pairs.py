"""Two things timed against each other, in pairs, so that the machine's moods hit both alike.

Two identical models timed one after the other differ by several per cent. In interleaved pairs,
each pair's ratio is taken, and a control (a copy against itself) shows what noise is left.
"""

import statistics
from collections.abc import Callable, Sequence
from math import comb
from typing import NamedTuple

from companion.cost.clock import seconds_of

Call = Callable[[], object]


class Ratio(NamedTuple):
    """The median of the pairs' ratios, and the interval that holds it 95 times in 100."""

    median: float
    low: float
    high: float


def time_pairs(
    ours: Call,
    theirs: Call,
    *,
    pairs: int,
    clock: Callable[[], float],
) -> tuple[list[float], list[float]]:
    """Seconds of both in each pair; the order changes from pair to pair. Both are warmed up.

    What they ask of a GPU is waited for.
    """
    ours()
    theirs()
    seconds: tuple[list[float], list[float]] = ([], [])
    for pair in range(pairs):
        for which in (0, 1) if pair % 2 else (1, 0):
            seconds[which].append(seconds_of((ours, theirs)[which], clock))
    return seconds


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """The median of ours / theirs, pair by pair, with its 95 % interval.

    The interval's ends are two of the ratios themselves, by the sign test (Conover 1999, section
    3.2): no distribution is assumed. Below six pairs it is the whole range.
    """
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    rank = interval_rank(len(ratios))
    return Ratio(statistics.median(ratios), ratios[rank], ratios[-1 - rank])


def interval_rank(count: int) -> int:
    """How many values to leave out at each end, so that the rest hold the median 95 times in 100.

    The chance that the median lies outside is that of at most so many heads in `count` throws.
    """
    tail, rank = 1, 0
    while tail <= 0.025 * 2**count:
        rank += 1
        tail += comb(count, rank)
    return max(0, rank - 1)


def noise(control: Ratio) -> float:
    """How far from 1 the control's interval reaches: differences this small mean nothing."""
    return max(1 - control.low, control.high - 1)
