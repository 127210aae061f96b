"""Checks that a reader calls on their own attempt at an exercise.

A check says one of three things: not attempted yet, right, or not yet right with the likely mistake
named. None of them stops the notebook, so that it runs from top to bottom before anyone has tried;
with `COMPANION_STRICT=1` (the tests of solutions) a wrong attempt raises.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

from companion.lessons.card import check_html
from companion.lessons.show import show


class Mistake(AssertionError):
    """An attempt is wrong; the message names the likely mistake."""


class NotAttempted(Exception):
    """The reader has not filled in the exercise yet."""


class CheckResult(NamedTuple):
    """What a check found: `passed` is None where nothing was attempted."""

    passed: bool | None
    message: str

    def _ipython_display_(self) -> None:
        """Show nothing: the check has shown its answer already."""


STATES = {
    True: ("✓", "Right.", "held"),
    False: ("✗", "Not yet.", "failed"),
    None: ("○", "Not attempted yet.", "open"),
}


def exercise(name: str) -> Callable[[Callable[..., str | None]], Callable[..., CheckResult]]:
    """Make a check of a function that judges attempts, as in `@exercise("04.1 Patches")`.

    The function takes the attempt (or several), raises `Mistake` or any AssertionError with the
    likely mistake as its message, and returns what to say when all is well (or None). Attempts that
    are None or `...`, functions that return them or raise NotImplementedError, count as not
    attempted. Whatever else an attempt raises is reported, not raised.
    """

    def decorate(judge: Callable[..., str | None]) -> Callable[..., CheckResult]:
        @functools.wraps(judge)
        def check(*attempts: Any) -> CheckResult:
            result, error = _judge(judge, attempts)
            sign, word, state = STATES[result.passed]
            text = f"{sign} Exercise {name}: {word} {result.message}".rstrip()
            show(text, check_html(sign, f"Exercise {name}: {word}", state, result.message))
            if result.passed is False and os.environ.get("COMPANION_STRICT") == "1":
                raise Mistake(f"{name}: {result.message}") from error
            return result

        return check

    return decorate


def _judge(
    judge: Callable[..., str | None], attempts: tuple[Any, ...]
) -> tuple[CheckResult, Exception | None]:
    try:
        return CheckResult(True, judge(*map(_attempt, attempts)) or ""), None
    except (NotAttempted, NotImplementedError):
        return CheckResult(None, "Write your attempt in the cell above, then run this again."), None
    except AssertionError as error:
        return CheckResult(False, str(error) or "The result differs from what was asked."), error
    except Exception as error:
        return CheckResult(False, f"Your attempt raised {type(error).__name__}: {error}"), error


def _attempt(value: Any) -> Any:
    """The attempt itself, or a function that notices when it gives nothing."""
    if value is None or value is ...:
        raise NotAttempted
    if not isinstance(value, FunctionType):
        return value

    @functools.wraps(value)
    def watched(*args: Any, **kwargs: Any) -> Any:
        result = value(*args, **kwargs)
        if result is None or result is ...:
            raise NotAttempted
        return result

    return watched
