"""The lesson: seeds, threads, settings, claims."""

import json
import random

import numpy as np
import pytest
import torch

from companion.lessons import ClaimError, Lesson, at_least, between, card, close_to, equals
from companion.lessons.claims import validate

SETTINGS = {
    "epochs": {"smoke": 1, "book": 40, "full": 20},
    "rate": {"smoke": 1e-3, "book": 1e-3, "full": 3e-4},
    "data": {"smoke": "digits", "book": "digits", "full": "mnist"},
    "shuffle": {"smoke": True, "book": True, "full": True},
    "widths": {"smoke": (8, 8), "book": (64, 64), "full": (64, 64)},
}
BY_PROFILE = {"book": at_least(0.92), "full": at_least(0.985)}


@pytest.fixture(autouse=True)
def _outside_as_it_was(monkeypatch):
    for name in ("COMPANION_SET", "COMPANION_THREADS", "COMPANION_CLAIMS"):
        monkeypatch.delenv(name, raising=False)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def draws():
    legacy = np.random.rand()  # noqa: NPY002 - the generator that libraries draw from
    return random.random(), legacy, torch.rand(1).item()


def test_a_seed_fixes_every_generator():
    Lesson("smoke", 7)
    first = draws()
    Lesson("smoke", 7)
    assert draws() == first
    Lesson("smoke", 8)
    assert all(a != b for a, b in zip(draws(), first, strict=True))


@pytest.mark.parametrize(
    ("profile", "seed", "words"),
    [
        ("Book", 0, "PROFILE='Book' is unknown: choose one of smoke, book, full"),
        ("book", -1, "SEED=-1"),
        ("book", 2**32, "SEED=4294967296"),
        ("book", 0.5, "SEED=0.5"),
        ("book", True, "SEED=True"),
    ],
)
def test_profile_and_seed_are_checked(profile, seed, words):
    with pytest.raises(ValueError, match=words):
        Lesson(profile, seed)


def test_threads_follow_the_profile_unless_told(monkeypatch):
    assert Lesson("book", 0).threads == Lesson("smoke", 0).threads == 1
    assert torch.get_num_threads() == 1
    monkeypatch.setattr("companion.lessons.lesson.cores", lambda: 5)
    assert Lesson("full", 0).threads == 5
    monkeypatch.setenv("COMPANION_THREADS", "2")
    assert Lesson("book", 0).threads == 2
    assert torch.get_num_threads() == 2
    for wrong in ("0", "two", "-1", "1.5"):
        monkeypatch.setenv("COMPANION_THREADS", wrong)
        with pytest.raises(ValueError, match=f"COMPANION_THREADS='{wrong}'"):
            Lesson("book", 0)


def test_settings_are_those_of_the_profile():
    assert Lesson("book", 0).settings(SETTINGS).epochs == 40
    full = Lesson("full", 0).settings(SETTINGS)
    assert (full.epochs, full.data) == (20, "mnist")


def test_a_row_needs_every_profile():
    for row in ({"smoke": 1, "book": 2}, {}, {"smoke": 1, "book": 2, "full": 3, "fast": 4}):
        with pytest.raises(ValueError, match="'epochs' needs smoke, book, full"):
            Lesson("book", 0).settings({"epochs": row})


def test_settings_can_be_changed_from_outside(monkeypatch):
    given = {"epochs": "3", "rate": "1", "data": "mnist", "shuffle": "false"}
    monkeypatch.setenv("COMPANION_SET", json.dumps(given))
    lesson = Lesson("book", 0)
    values = lesson.settings(SETTINGS)
    assert (values.epochs, values.rate, values.data) == (3, 1.0, "mnist")
    assert values.shuffle is False
    assert isinstance(values.rate, float)
    assert lesson.changed == ["data", "epochs", "rate", "shuffle"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"epoch": "3"}, "epoch: unknown; this chapter has epochs, rate, data, shuffle, widths"),
        ({"epochs": "3.5"}, "epochs=3.5: must be a whole number"),
        ({"epochs": ""}, "epochs=: must be a whole number"),
        ({"rate": "fast"}, "rate=fast: must be a number"),
        ({"rate": "nan"}, "rate=nan: must be a number"),
        ({"shuffle": "1"}, "shuffle=1: must be true or false"),
        ({"widths": "8"}, "of type tuple cannot be set"),
    ],
)
def test_changes_are_checked(monkeypatch, given, words):
    monkeypatch.setenv("COMPANION_SET", json.dumps(given))
    with pytest.raises(ValueError, match=words):
        Lesson("book", 0).settings(SETTINGS)


def test_an_exact_claim_is_judged_in_every_profile():
    for profile in ("smoke", "book", "full"):
        lesson = Lesson(profile, 0)
        rows = torch.softmax(torch.randn(3, 5), -1).sum(-1)
        lesson.claim("Rows sum to 1!", source="V", measured=rows, holds=close_to(1.0, 1e-5))
        claim = lesson.claims["rows-sum-to-1"]
        assert claim["held"] is True
        assert claim["exact"] is True
        with pytest.raises(ClaimError, match="Twice: measured 2, but the claim is within 1e-05"):
            lesson.claim("Twice", source="V", measured=rows + 1, holds=close_to(1.0, 1e-5))


def test_a_measured_claim_is_judged_where_it_has_a_band():
    smoke, book = Lesson("smoke", 0), Lesson("book", 3)
    smoke.claim("It reads", source="s", measured=0.1, holds=BY_PROFILE)
    assert smoke.claims["it-reads"]["held"] is None
    book.claim("It reads", source="s", measured=0.94, holds=BY_PROFILE, unit="%")
    assert book.claims["it-reads"] == {
        "id": "it-reads",
        "title": "It reads",
        "source": "s",
        "against": "",
        "exact": False,
        "profile": "book",
        "seed": 3,
        "value": 0.94,
        "unit": "%",
        "n": None,
        "error": None,
        "band": "at least 92 %",
        "low": 0.92,
        "high": None,
        "expected": None,
        "held": True,
        "changed": [],
    }
    validate([*smoke.claims.values(), *Lesson("book", 0).claims.values()])


def test_a_share_of_trials_is_stored_with_its_error_and_what_it_contradicts():
    lesson = Lesson("smoke", 0)
    share = torch.tensor([True] * 45 + [False] * 5).float().mean()
    lesson.claim("It reads", source="s", measured=share, holds=BY_PROFILE, n=50, against="a book")
    claim = lesson.claims["it-reads"]
    # sqrt(0.9 * 0.1 / 50)
    assert (claim["value"], claim["n"], claim["error"]) == (0.9, 50, 0.042)
    assert claim["against"] == "a book"
    with pytest.raises(ValueError, match=r"40 trials cannot give a share of 0\.94"):
        lesson.claim("Other", source="s", measured=0.94, holds=BY_PROFILE, n=40)


def test_cards_are_explained_once_in_a_chapter(monkeypatch):
    shown = []
    monkeypatch.setattr("companion.lessons.lesson.show", lambda *forms: shown.append(forms[0]))
    lesson = Lesson("book", 0)
    lesson.claim("One", source="s", measured=1, holds=equals(1))
    lesson.claim("Two", source="s", measured=2, holds=equals(2))
    assert [text.startswith(card.KEY) for text in shown] == [False, True, False]
    # A reader who runs the first cell again sees what stood below it before.
    monkeypatch.setattr("companion.lessons.lesson.execution", lambda: 7)
    lesson.claim("One", source="s", measured=1, holds=equals(1))
    assert shown[-1].startswith(card.KEY)


def test_a_failed_claim_names_claim_value_and_band_and_is_kept():
    lesson = Lesson("book", 0)
    with pytest.raises(ClaimError, match=r"It reads: measured 91\.9999 %, but .* at least 92 %"):
        lesson.claim("It reads", source="s", measured=0.919999, holds=BY_PROFILE, unit="%")
    assert lesson.claims["it-reads"]["held"] is False


def test_recording_lets_measured_claims_fail_and_exact_ones_not(monkeypatch):
    monkeypatch.setenv("COMPANION_CLAIMS", "record")
    lesson = Lesson("book", 0)
    lesson.claim("It reads", source="s", measured=0.5, holds=BY_PROFILE)
    assert lesson.claims["it-reads"]["held"] is False
    with pytest.raises(ClaimError):
        lesson.claim("Two", source="s", measured=3, holds=equals(2))


def test_changed_settings_leave_measured_claims_unjudged(monkeypatch):
    monkeypatch.setenv("COMPANION_SET", '{"epochs": "1"}')
    lesson = Lesson("book", 0)
    lesson.settings(SETTINGS)
    lesson.claim("It reads", source="s", measured=0.5, holds=BY_PROFILE)
    assert lesson.claims["it-reads"]["held"] is None
    assert lesson.claims["it-reads"]["changed"] == ["epochs"]
    with pytest.raises(ClaimError):
        lesson.claim("Two", source="s", measured=3, holds=equals(2))


@pytest.mark.parametrize(
    ("title", "source", "measured", "holds", "words"),
    [
        ("", "s", 1, equals(1), "title"),
        ("?!", "s", 1, equals(1), "title"),
        ("t", " ", 1, equals(1), "source"),
        ("t", "s", float("nan"), equals(1), "nan"),
        ("t", "s", torch.empty(0, 3), equals(1), "empty"),
        ("t", "s", 1, {}, "got none"),
        ("t", "s", 1, {"ful": equals(1)}, "got 'ful'"),
    ],
)
def test_a_claim_without_substance_is_refused(title, source, measured, holds, words):
    with pytest.raises(ValueError, match=words):
        Lesson("book", 0).claim(title, source=source, measured=measured, holds=holds)


def test_a_title_can_be_claimed_once():
    lesson = Lesson("book", 0)
    lesson.claim("Same", source="s", measured=1, holds=equals(1))
    with pytest.raises(ValueError, match="'same' was claimed before"):
        lesson.claim("same", source="s", measured=1, holds=equals(1))


def test_the_stored_value_is_short_but_on_the_same_side_of_the_band():
    lesson = Lesson("book", 0)
    lesson.claim("Short", source="s", measured=1 / 3, holds=between(0, 1))
    assert lesson.claims["short"]["value"] == 0.333333
    tight = 1.0000004
    lesson.claim("Tight", source="s", measured=tight, holds=close_to(1.0, 4.5e-7))
    validate(list(lesson.claims.values()))
