"""Pairs, their ratios, and the interval of the median. No time is asserted."""

import pytest

from companion.cost.pairs import Ratio, interval_rank, median_ratio, noise, time_pairs


# The ranks that tables of the sign test's interval give (Conover 1999, table A3).
@pytest.mark.parametrize(("count", "rank"), [(5, 0), (6, 0), (10, 1), (20, 5), (30, 9), (40, 13)])
def test_interval_of_the_median(count, rank):
    assert interval_rank(count) == rank


def test_ratios_are_taken_pair_by_pair():
    drifting = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    ratio = median_ratio([2 * s for s in drifting], drifting)
    assert ratio == Ratio(2.0, 2.0, 2.0)
    assert noise(Ratio(1.0, 0.98, 1.01)) == pytest.approx(0.02)


def test_pairs_alternate_in_order():
    calls: list[str] = []
    time_pairs(lambda: calls.append("a"), lambda: calls.append("b"), pairs=3, clock=lambda: 0.0)
    assert "".join(calls) == "ab" + "ba" + "ab" + "ba"
