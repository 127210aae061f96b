"""Checks on numbers, said once, with the numbers and the remedy in the message.

Whole numbers may be NumPy's; a bool is none.
"""

import math
from numbers import Integral, Real


def require_positive(**counts: int) -> None:
    """Refuse sizes and counts that are not whole numbers of at least 1.

    Raises:
        ValueError: naming each offending one and its value.
    """
    wrong = {name: n for name, n in counts.items() if not _is_whole(n) or n < 1}
    if wrong:
        listed = ", ".join(f"{name}={n!r}" for name, n in wrong.items())
        raise ValueError(f"{listed}: give a whole number of at least 1")


def require_seed(seed: int) -> None:
    """Refuse a seed that is not a whole number of at least 0.

    Raises:
        ValueError: with its value.
    """
    if not _is_whole(seed) or seed < 0:
        raise ValueError(f"seed={seed!r}: give 0, 1, 2, ...")


def require_number(
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
    below: float = math.inf,
    **numbers: float,
) -> None:
    """Refuse what is not a finite number within bounds.

    Raises:
        ValueError: naming the first offending one, its value and the bounds.
    """
    for name, value in numbers.items():
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        number = float(value) if is_number else math.nan
        if not (math.isfinite(number) and least <= number <= most and above < number < below):
            bounds = {"at least": least, "above": above, "at most": most, "below": below}
            asked = [f"{words} {x:g}" for words, x in bounds.items() if math.isfinite(x)]
            raise ValueError(f"{name}={value!r}: give a finite number {' and '.join(asked)}")


def require_fraction(**fractions: float) -> None:
    """Refuse values outside [0, 1), such as a dropout of 1, which would drop everything.

    Raises:
        ValueError: naming the first offending one and its value.
    """
    require_number(least=0.0, below=1.0, **fractions)


def _is_whole(number: object) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)
