"""Bands: what a measured value must satisfy for its claim to hold.

A band is closed: its ends belong to it. Of a tensor, an array or a list the worst element is judged
(the one nearest to the outside, or farthest into it), so one bad element fails the claim.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from companion.lessons.values import Plain, elements, is_number, number, plain


@dataclass(frozen=True)
class Band:
    """The values from `low` to `high`; for what is not a number, the one value `expected`.

    Raises:
        ValueError: the band is empty (`low` > `high`), not a number, or so wide that nothing fails;
            at `worst`, which every claim passes, a text or a bool for a band with number ends.
    """

    low: float | None = None
    high: float | None = None
    expected: Plain | None = None
    centre: float | None = None

    def __post_init__(self) -> None:
        # JSON has no infinity, and an infinite end bounds nothing.
        if self.low == -math.inf:
            object.__setattr__(self, "low", None)
        if self.high == math.inf:
            object.__setattr__(self, "high", None)
        ends = [end for end in (self.low, self.high) if end is not None]
        if not all(is_number(end) and math.isfinite(end) for end in ends):
            raise ValueError(f"a band's ends must be finite numbers; got {ends}")
        if self.expected is None and not ends:
            raise ValueError("a band that every value satisfies proves nothing: give a finite end")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"the band is empty: low={self.low:g} is above high={self.high:g}")

    def margin(self, value: float) -> float:
        """How far `value` lies inside the band; negative outside it."""
        below = math.inf if self.low is None else value - self.low
        above = math.inf if self.high is None else self.high - value
        return min(below, above)

    def holds(self, value: Plain) -> bool:
        """Whether `value` satisfies the band; of a list of numbers, whether every element does."""
        if self.expected is not None:
            return self._differing(value) is None
        return all(is_number(v) and self.margin(v) >= 0 for v in elements(value))

    def worst(self, value: Plain) -> Plain:
        """The element that decides, or `value` itself where the whole of it is compared."""
        if self.expected is None:
            numbers = self._numbers(value)
            return min(numbers, key=self.margin) if isinstance(value, list) else value
        if not isinstance(value, list) or isinstance(self.expected, list):
            return value
        differing = self._differing(value)
        return self.expected if differing is None else differing

    def _numbers(self, value: Plain) -> list[float]:
        parts = list(elements(value))
        wrong = [part for part in parts if not is_number(part)]
        if wrong:
            raise ValueError(
                f"{len(wrong)} of {len(parts)} values are no numbers, first {wrong[0]!r}, but the "
                f"band is {self.describe()}: measure numbers, or claim equals(...)"
            )
        return parts

    def _differing(self, value: Plain) -> Plain | None:
        """The first element that is not `expected` (where that is a list, the whole value)."""
        whole = isinstance(self.expected, list) or not isinstance(value, list)
        parts = [value] if whole else elements(value)
        kind = type(self.expected)
        return next((v for v in parts if type(v) is not kind or v != self.expected), None)

    def describe(self, unit: str = "") -> str:
        """The band in words, as in "at least 92 %"."""
        if self.expected is not None:
            return f"equal to {number(self.expected, unit)}"
        if self.low is not None and self.low == self.high:
            return f"equal to {number(self.low, unit)}"
        if self.centre is not None and self.high is not None:
            width = float(f"{self.high - self.centre:.6g}")
            return f"within {number(width, unit)} of {number(self.centre, unit)}"
        if self.high is None:
            return f"at least {number(self.low, unit)}"
        if self.low is None:
            return f"at most {number(self.high, unit)}"
        return f"between {number(self.low, unit)} and {number(self.high, unit)}"


def at_least(low: float) -> Band:
    """The value is `low` or more."""
    return Band(low=low)


def at_most(high: float) -> Band:
    """The value is `high` or less."""
    return Band(high=high)


def between(low: float, high: float) -> Band:
    """The value is from `low` to `high`, both included."""
    return Band(low=low, high=high)


def close_to(centre: float, tolerance: float) -> Band:
    """The value differs from `centre` by at most `tolerance`."""
    if tolerance < 0:
        raise ValueError(f"tolerance={tolerance:g} is negative: no value could be that close")
    return Band(low=centre - tolerance, high=centre + tolerance, centre=centre)


def equals(value: Any) -> Band:
    """The value is exactly `value`: a number, or a bool, a text or a list compared as a whole."""
    expected = plain(value)
    if isinstance(expected, bool | str | list):
        return Band(expected=expected)
    return Band(low=expected, high=expected)


def stored(band: Band | None, unit: str) -> dict[str, Any]:
    """What a claim stores of the band it was judged by: in words, and as `band_of` reads it."""
    if band is None:
        return {"band": "", "low": None, "high": None, "expected": None}
    ends = {"low": band.low, "high": band.high, "expected": band.expected}
    return {"band": band.describe(unit), **ends}


def band_of(claim: Mapping[str, Any]) -> Band | None:
    """The band that a stored claim was judged by, None where it was not judged."""
    if claim["held"] is None:
        return None
    return Band(low=claim["low"], high=claim["high"], expected=claim["expected"])
