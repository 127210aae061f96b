"""Checks of exercises: unattempted, right, wrong, and broken attempts."""

import pytest
import torch

from companion.lessons import CheckResult, Mistake, exercise


@exercise("1.1 Double")
def check_double(double):
    if double(3) == 9:
        raise Mistake("You squared the number: double it.")
    if double(2) != 4:
        raise AssertionError
    return "And so for every number."


@exercise("1.2 Two attempts")
def check_two(first, second):
    if first != second:
        raise AssertionError("They differ.")


@pytest.fixture(autouse=True)
def _lenient(monkeypatch):
    monkeypatch.delenv("COMPANION_STRICT", raising=False)


def skeleton(number):
    """Double the number."""


def unwritten(number):
    raise NotImplementedError


@pytest.mark.parametrize("attempt", [None, ..., skeleton, unwritten, lambda _: ...])
def test_what_was_not_attempted_does_not_fail(monkeypatch, attempt):
    monkeypatch.setenv("COMPANION_STRICT", "1")
    assert check_double(attempt).passed is None


def test_every_attempt_counts():
    assert check_two(1, None).passed is None
    assert check_two(1, 1) == CheckResult(True, "")
    assert check_two(1, 2) == CheckResult(False, "They differ.")


def test_a_right_attempt_is_praised():
    assert check_double(lambda number: 2 * number) == (True, "And so for every number.")


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda number: number**2, "You squared the number: double it."),
        (lambda _: 7, "The result differs from what was asked."),
        (lambda: 7, "Your attempt raised TypeError"),
        (3, "Your attempt raised TypeError"),
    ],
)
def test_a_wrong_attempt_is_told_why_and_raises_only_when_strict(monkeypatch, attempt, words):
    result = check_double(attempt)
    assert result.passed is False
    assert words in result.message
    monkeypatch.setenv("COMPANION_STRICT", "1")
    with pytest.raises(Mistake, match=words):
        check_double(attempt)


def test_modules_reach_the_check_as_they_are():
    layer = torch.nn.Linear(2, 2)
    seen = []
    exercise("1.3")(lambda module: seen.append(module))(layer)
    assert seen == [layer]


def test_a_result_is_shown_once():
    # IPython asks a result to show itself after the check has shown its card.
    assert CheckResult(True, "fine")._ipython_display_() is None
