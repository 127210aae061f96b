"""Bands were tried on seeds that they were not set from, and the record covers today's claims."""

import json
from pathlib import Path

import pytest

from companion.lessons.claims import claims_of

SEEDS = 3


def unconfirmed(claims, record):
    """The measured claims of a chapter of which a record of confirmation does not speak."""
    known = record["claims"]
    for claim in claims:
        if claim["exact"]:
            continue
        if claim["id"] not in known:
            yield f"{claim['id']} was never tried on new seeds"
        elif known[claim["id"]]["band"] != claim["band"]:
            old = known[claim["id"]]["band"]
            yield f"{claim['id']} was tried as {old!r}, and now claims {claim['band']!r}"


def read(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_measured_claim_was_tried_on_new_seeds(chapter):
    confirmed = chapter.parent / "results" / "confirmed" / f"{chapter.stem}.json"
    if not confirmed.is_file():
        return  # The summary of the tests lists it.
    record = read(confirmed)
    seen = read(chapter.parent / "results" / "seeds" / f"{chapter.stem}.json")["profiles"]["book"]
    assert list(unconfirmed(claims_of(read(chapter)), record)) == []
    assert len(set(record["seeds"]) - set(seen["seeds"])) == len(record["seeds"]) >= SEEDS


CLAIM = {"id": "a", "exact": False, "band": "at least 1"}


@pytest.mark.parametrize(
    ("claim", "known", "complaint"),
    [
        (CLAIM, {"a": {"band": "at least 1"}}, None),
        (CLAIM | {"exact": True}, {}, None),
        (CLAIM, {}, "a was never tried"),
        (CLAIM, {"b": {"band": "at least 1"}}, "a was never tried"),
        (CLAIM, {"a": {"band": "at least 2"}}, "a was tried as 'at least 2', and now claims"),
    ],
)
def test_a_claim_without_its_confirmation_is_caught(claim, known, complaint):
    found = list(unconfirmed([claim], {"claims": known}))
    assert len(found) == (complaint is not None)
    assert all(line.startswith(complaint) for line in found)
