"""Bands: what a measured value must satisfy for its claim to hold.

A band is closed: its ends belong to it. Of a tensor, an array or a list the worst element is judged
(the one nearest to the outside, or farthest into it), so one bad element fails the claim.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any

SHOWN = 12  # elements of a list that a card lists
Plain = bool | int | float | str | list[Any]


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


def plain(measured: Any) -> Plain:
    """A tensor, array, NumPy scalar, tuple or Python value as Python numbers, text and lists.

    Raises:
        ValueError: nothing was measured (None, an empty tensor), or a number in it is not finite.
    """
    if hasattr(measured, "detach"):
        measured = measured.detach()
    value = measured.tolist() if hasattr(measured, "tolist") else measured
    value = [plain(item) for item in value] if isinstance(value, list | tuple) else value
    if isinstance(value, list) and not value:
        raise ValueError("nothing was measured: the value is empty")
    if not isinstance(value, bool | int | float | str | list):
        kind = type(value).__name__
        raise ValueError(f"measured is a {kind}: give a number, a text, a tensor or a list of them")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"measured is {value}: a claim needs finite numbers; look upstream of it")
    return value


def is_number(value: object) -> bool:
    """Whether `value` is a real number; True and False are not."""
    return isinstance(value, Real) and not isinstance(value, bool)


def elements(value: Plain) -> Iterator[Any]:
    """Every single value in nested lists, in order."""
    if isinstance(value, list):
        for item in value:
            yield from elements(item)
    else:
        yield value


def rounded(value: Plain, band: Band | None = None) -> Plain:
    """`value` with six significant digits, or more where fewer would cross an end of the band."""
    if band is not None and band.expected is not None:
        return value
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if not isinstance(value, float):
        return value
    for digits in range(6, 17):
        short = float(f"{value:.{digits}g}")
        if band is None or band.holds(short) == band.holds(value):
            return short
    return value


def number(value: Any, unit: str = "", band: Band | None = None) -> str:
    """`value` for people: 4 significant digits (more where fewer would mislead about `band`)."""
    if isinstance(value, list):
        items = [number(item, unit) for item in value[:SHOWN]]
        rest = [f"… ({len(value)} in all)"] if len(value) > SHOWN else []
        return "[" + ", ".join(items + rest) + "]"
    if isinstance(value, bool | str):
        return str(value)
    scale, suffix = (100.0, " %") if unit == "%" else (1, f" {unit}" if unit else "")
    for digits in range(4, 17):
        text = _digits(value * scale, digits)
        shown = float(text.replace(",", "")) / scale
        if band is None or band.holds(shown) == band.holds(value):
            break
    return text + suffix


def _digits(value: float, digits: int) -> str:
    if isinstance(value, int) or (value.is_integer() and 1e4 <= abs(value) < 1e15):
        return f"{value:,.0f}"
    if 1e3 <= abs(value) < 1e7:
        return f"{value:,.{max(0, digits - len(str(int(abs(value)))))}f}"
    return f"{value:.{digits}g}"
