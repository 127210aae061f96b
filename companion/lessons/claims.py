"""Claims as they are stored in a notebook, and the checks on what is stored.

Only the standard library is needed to read them: a notebook is JSON, and a claim is one output of
the MIME type `MIME` with these keys: id, title, source, against (what it contradicts, or empty),
exact, profile, seed, value, unit, n (trials of a share, or null), error (its standard error), band
(in words), low, high, expected, held (null: not judged in this profile), changed (the settings
that `--set` changed).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from companion.lessons.bands import band_of
from companion.lessons.card import claim_html, claim_text
from companion.lessons.values import is_number, rounded_error

MIME = "application/vnd.companion.claim+json"
KEYS = (
    *("id", "title", "source", "against", "exact", "profile", "seed", "value", "unit", "n"),
    *("error", "band", "low", "high", "expected", "held", "changed"),
)


def slug(title: str) -> str:
    """The claim's id: its title in lower case, other signs than letters and digits as hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def claims_of(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every claim stored in a notebook (its JSON, or nbformat's node), in order."""
    return [dict(data[MIME]) for data in _bundles(notebook)]


def validate(claims: Sequence[Mapping[str, Any]]) -> None:
    """Check that stored claims are complete, distinct, and agree with their bands.

    Raises:
        ValueError: naming every claim that is not as `Lesson.claim` would have stored it.
    """
    problems = [problem for claim in claims for problem in _problems(claim)]
    counts = Counter(claim.get("id") for claim in claims)
    problems += [f"{name}: claimed {n} times" for name, n in counts.items() if n > 1]
    if problems:
        raise ValueError("stored claims are not sound:\n  " + "\n  ".join(problems))


def validate_notebook(notebook: Mapping[str, Any]) -> None:
    """`validate`, and that the card a reader sees says the same as the stored claim.

    Raises:
        ValueError: as `validate`, or a card's text or HTML differs from what its claim gives.
    """
    validate(claims_of(notebook))
    for data in _bundles(notebook):
        claim = data[MIME]
        for mime, made in (("text/plain", claim_text(claim)), ("text/html", claim_html(claim))):
            if _joined(data.get(mime, "")) != made:
                raise ValueError(f"{claim['id']}: the card ({mime}) differs from the stored claim")


def compare(
    stored: Sequence[Mapping[str, Any]],
    fresh: Sequence[Mapping[str, Any]],
    *,
    tolerance: float,
    spreads: Mapping[str, float] | None = None,
) -> None:
    """Check stored claims against those of a fresh run of the same profile and seed.

    Numbers may differ by `tolerance` relative to the larger one, or by the width of the band where
    that is narrower than it (rounding noise of an exact claim says nothing about the claim).
    `spreads` gives, by id, how far a claim may differ instead where that is more: another processor
    rounds otherwise, and training makes as much of that as of another seed.
    Everything else that is not measured must be equal but for the seed: a fresh run knows the band.

    Raises:
        ValueError: naming every claim that is missing, new, or differs.
    """
    before = {claim["id"]: claim for claim in stored}
    after = {claim["id"]: claim for claim in fresh}
    problems = [f"{name}: stored, but not in a fresh run" for name in before if name not in after]
    problems += [f"{name}: in a fresh run, but not stored" for name in after if name not in before]
    for name in before.keys() & after.keys():
        old, new = before[name]["value"], after[name]["value"]
        if not _near(before[name], old, new, tolerance, (spreads or {}).get(name, 0.0)):
            problems.append(f"{name}: stored {old}, a fresh run measured {new}")
        problems += [
            f"{name}: {key} is stored as {before[name][key]!r}, a fresh run gives {given!r}"
            for key, given in after[name].items()
            if key not in ("value", "n", "error", "seed") and before[name][key] != given
        ]
    if problems:
        raise ValueError("stored claims are out of date:\n  " + "\n  ".join(sorted(problems)))


def _bundles(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if MIME in output.get("data", {}):
                yield output["data"]


def _problems(claim: Mapping[str, Any]) -> Iterator[str]:
    name = claim.get("id", "a claim without id")
    missing = [key for key in KEYS if key not in claim]
    if missing:
        yield f"{name}: lacks {', '.join(missing)}"
        return
    if name != slug(claim["title"]):
        yield f"{name}: not the id of the title {claim['title']!r}"
    band = band_of(claim)
    if band is None:
        if claim["exact"]:
            yield f"{name}: an exact claim that was not judged"
    elif claim["held"] is not True:
        yield f"{name}: failed with {claim['value']} where {claim['band']} was claimed"
    elif not band.holds(claim["value"]):
        yield f"{name}: the value {claim['value']} is not {claim['band']}"
    try:
        if claim["error"] != rounded_error(claim["value"], claim["n"]):
            yield f"{name}: {claim['error']} is not the standard error of {claim['n']} trials"
    except ValueError as error:
        yield f"{name}: {error}"


def ranges_over_seeds(record: Mapping[str, Any]) -> dict[str, float]:
    """How far each claim's value ranges over the seeds of a record; claims of no number left out.

    `record` is one profile's entry of `book/results/seeds/<chapter>.json`.
    """
    values = {name: list(claim["values"].values()) for name, claim in record["claims"].items()}
    return {name: max(v) - min(v) for name, v in values.items() if all(map(is_number, v))}


def _near(claim: Mapping[str, Any], old: Any, new: Any, tolerance: float, spread: float) -> bool:
    if not (is_number(old) and is_number(new)):
        return bool(old == new)
    band = band_of(claim)
    width = math.inf
    if band is not None and band.high is not None:
        # A size has no lower end in its band, and none is needed: it cannot be negative.
        width = band.high - (min(0.0, band.high) if band.low is None else band.low)
    noise = width if width < tolerance else 0.0
    return math.isclose(old, new, rel_tol=tolerance, abs_tol=max(noise, spread))


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
