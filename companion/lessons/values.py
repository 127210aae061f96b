"""Measured values: as plain Python values, rounded for storing, written for people."""

from __future__ import annotations

import math
from collections.abc import Iterator
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from companion.lessons.bands import Band

SHOWN = 12  # elements of a list that a card lists
Plain = bool | int | float | str | list[Any]


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


def is_number(value: object) -> TypeGuard[float]:
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


def rounded_error(share: Plain, n: int | None) -> float | None:
    """The standard error of a share with two significant digits; None where there are no trials."""
    return None if n is None else float(f"{standard_error(share, n):.2g}")


def standard_error(share: Plain, n: int) -> float:
    """The standard error of a share of `n` trials, sqrt(share (1 - share) / n).

    Where it would be 0, at a share of 0 or 1, it is how far Wilson's interval of one standard
    error reaches: 1 / (n + 1).

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    Raises:
        ValueError: the share is none, or not one that `n` trials can give.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"n={n!r} must be a whole number of trials, 1 or more")
    if not is_number(share) or not 0 <= share <= 1:
        raise ValueError(f"measured={share!r} is no share of n={n} trials: give one from 0 to 1")
    successes = share * n
    # A mean in float32 is off by about 1e-7 of itself for each doubling of the trials.
    if abs(successes - round(successes)) > max(0.01, 1e-6 * n):
        raise ValueError(
            f"{n} trials cannot give a share of {share:g}, which is {successes:.6g} of them: "
            "give the number of trials that the share was counted over"
        )
    if round(successes) in (0, n):
        return 1 / (n + 1)
    return math.sqrt(share * (1 - share) / n)
