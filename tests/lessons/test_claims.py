"""Stored claims: what is read from a notebook, and that tampering shows."""

import copy
import json

import pytest

from companion.lessons import Lesson, at_least, at_most, close_to, equals
from companion.lessons.card import claim_html, claim_text
from companion.lessons.claims import (
    MIME,
    claims_of,
    compare,
    ranges_over_seeds,
    slug,
    validate,
    validate_notebook,
)


def cell(claim):
    data = {MIME: claim, "text/plain": claim_text(claim), "text/html": claim_html(claim)}
    return {
        "cell_type": "code",
        "outputs": [{"output_type": "display_data", "data": data, "metadata": {}}],
    }


@pytest.fixture(scope="module")
def _lesson():
    lesson = Lesson("book", 0)
    holds = {"book": at_least(0.92), "full": at_least(0.985)}
    lesson.claim("It reads", source="Us", measured=0.9422, holds=holds, unit="%")
    lesson.claim("Rows sum to 1", source="V", measured=1 + 1e-7, holds=close_to(1.0, 1e-5))
    lesson.claim("Ids", source="V", measured=[101, 102], holds=equals([101, 102]))
    lesson.claim("In full", source="V", measured=3.5, holds={"full": at_least(4)})
    lesson.claim("A share", source="Us", measured=0.942, holds=holds, unit="%", n=500)
    return lesson


@pytest.fixture
def notebook(_lesson):
    cells = [{"cell_type": "markdown", "source": "words"}, *map(cell, _lesson.claims.values())]
    return json.loads(json.dumps({"cells": cells}))


def test_claims_are_read_in_order(notebook):
    names = [claim["id"] for claim in claims_of(notebook)]
    assert names == ["it-reads", "rows-sum-to-1", "ids", "in-full", "a-share"]
    validate_notebook(notebook)


@pytest.mark.parametrize(
    ("index", "change", "words"),
    [
        (0, {"value": 0.5}, "it-reads: the value 0.5 is not at least 92 %"),
        (0, {"value": "0.99"}, "it-reads: the value 0.99 is not"),
        (1, {"value": 1.1}, "rows-sum-to-1: the value 1.1"),
        (2, {"value": [101, 103]}, "ids: the value"),
        (0, {"held": False}, "it-reads: failed"),
        (4, {"n": 50}, "a-share: 50 trials cannot give a share"),
        (4, {"error": 0.001}, r"a-share: 0\.001 is not the standard error of 500 trials"),
        (2, {"error": 0.1}, r"ids: 0\.1 is not the standard error of None trials"),
        (1, {"held": None}, "an exact claim that was not judged"),
        (0, {"title": "It writes"}, "not the id of the title"),
        (1, {"id": "it-reads", "title": "It reads"}, "it-reads: claimed 2 times"),
    ],
)
def test_a_tampered_claim_is_caught(notebook, index, change, words):
    claims = claims_of(notebook)
    claims[index] |= change
    with pytest.raises(ValueError, match=words):
        validate(claims)


def test_a_claim_with_a_part_missing_is_caught(notebook):
    claims = claims_of(notebook)
    del claims[0]["low"], claims[0]["source"]
    with pytest.raises(ValueError, match="it-reads: lacks source, low"):
        validate(claims)


def test_a_value_changed_within_its_band_is_caught_by_its_card(notebook):
    changed = copy.deepcopy(notebook)
    changed["cells"][1]["outputs"][0]["data"][MIME]["value"] = 0.99
    validate(claims_of(changed))
    with pytest.raises(ValueError, match=r"it-reads: the card \(text/plain\) differs"):
        validate_notebook(changed)
    html = notebook["cells"][1]["outputs"][0]["data"]["text/html"]
    notebook["cells"][1]["outputs"][0]["data"]["text/html"] = html.replace("94.22", "99.22")
    with pytest.raises(ValueError, match=r"it-reads: the card \(text/html\) differs"):
        validate_notebook(notebook)


def test_stored_claims_are_compared_with_fresh_ones(notebook):
    stored, fresh = claims_of(notebook), claims_of(notebook)
    compare(stored, fresh, tolerance=0.01)
    fresh[0]["value"] = 0.95
    fresh[4] |= {"value": 0.95, "n": 600, "error": 0.0089}  # all three are measured
    fresh[1]["value"] = 0.999995  # within the band of an exact claim: rounding, not news
    compare(stored, fresh, tolerance=0.01)
    fresh[0]["value"] = 0.97
    with pytest.raises(ValueError, match=r"it-reads: stored 0\.9422, a fresh run measured 0\.97"):
        compare(stored, fresh, tolerance=0.01)
    with pytest.raises(ValueError, match="a-share: stored, but not in a fresh run"):
        compare(stored, claims_of(notebook)[:-1], tolerance=0.01)
    with pytest.raises(ValueError, match="ids: in a fresh run, but not stored"):
        compare([c for c in stored if c["id"] != "ids"], claims_of(notebook), tolerance=0.01)


def test_what_seeds_differ_by_is_no_difference(notebook):
    entry = {"claims": {"it-reads": {"values": {"0": 0.94, "1": 0.99, "2": 0.96}}}}
    entry["claims"]["ids"] = {"values": {"0": [101], "1": [101]}}
    spreads = ranges_over_seeds(entry)
    assert spreads == {"it-reads": pytest.approx(0.05)}
    stored, fresh = claims_of(notebook), claims_of(notebook)
    fresh[0]["value"] = 0.98
    compare(stored, fresh, tolerance=0.01, spreads=spreads)
    with pytest.raises(ValueError, match="it-reads: stored"):
        compare(stored, fresh, tolerance=0.01)
    fresh[0]["value"] = 0.999
    with pytest.raises(ValueError, match="it-reads: stored"):
        compare(stored, fresh, tolerance=0.01, spreads=spreads)


def test_rounding_below_a_small_bound_is_no_difference():
    lesson = Lesson("book", 0)
    lesson.claim("Same logits", source="V", measured=9e-7, holds=at_most(1e-5))
    lesson.claim("Small loss", source="V", measured=0.4, holds=at_most(0.5))
    stored, fresh = ([dict(claim) for claim in lesson.claims.values()] for _ in range(2))
    fresh[0]["value"] = 3e-7
    compare(stored, fresh, tolerance=0.05)
    fresh[1]["value"] = 0.3
    with pytest.raises(ValueError, match="small-loss: stored"):
        compare(stored, fresh, tolerance=0.05)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("low", 0.1),
        ("high", 2.0),
        ("expected", 1.0),
        ("band", "at least 10 %"),
        ("source", "Them"),
        ("against", "Them"),
        ("title", "It writes"),
        ("unit", ""),
        ("held", None),
        ("exact", True),
        ("profile", "smoke"),
        ("changed", ["epochs"]),
    ],
)
def test_all_but_value_and_seed_equals_a_fresh_run(notebook, key, value):
    stored, fresh = claims_of(notebook), claims_of(notebook)
    stored[0]["seed"] = 7
    compare(stored, fresh, tolerance=0.01)
    stored[0][key] = value
    with pytest.raises(ValueError, match=f"it-reads: {key} is stored as"):
        compare(stored, fresh, tolerance=0.01)


def test_ids_are_plain_words():
    assert slug("ViT-B/16 has 86,567,656 parameters: exactly!") == (
        "vit-b-16-has-86-567-656-parameters-exactly"
    )
