"""Results that took longer than a chapter may, recorded beside the book and shown in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from companion.lessons.card import table_html, table_text
from companion.lessons.settings import variant
from companion.lessons.show import show
from companion.lessons.values import number

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


def recorded(name: str, folder: Path = RESULTS) -> dict[str, Any] | None:
    """What `book/results/<name>.json` holds; None where it is not at hand.

    It is at hand in a clone of the book, and not where only the package is installed, as in Colab.

    Raises:
        ValueError: the file is there but is not JSON.
    """
    path = folder / f"{name}.json"
    try:  # opened and not only looked for, so that the run knows that it depends on this file
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name} is not JSON ({error}): record it again") from None
    return result


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, label: str) -> None:
    """Show a small table as a page shows it; `label` says what it holds to screen readers."""
    show(table_text(head, rows), table_html(head, rows, label=label))


def with_error(share: float, n: int) -> str:
    """A share of `n` trials and its standard error, as in "92.0 % ± 1.9 %".

    Raises:
        ValueError: it is no share, or of no trials.
    """
    if not 0 <= share <= 1 or n < 1:
        raise ValueError(f"share={share} of n={n}: give a number from 0 to 1 of at least 1 trial")
    return f"{share:.1%} ± {(share * (1 - share) / n) ** 0.5:.1%}".replace("%", " %")


def show_recorded(
    chapter: str,
    profile: str,
    changes: Mapping[str, Any] | None = None,
    *,
    folder: Path = RESULTS,
) -> None:
    """Show what a chapter's measured claims came to, seed by seed, and on what machine.

    `changes` are the settings that differed from the profile's, as given by `--set`. Where nothing
    was recorded, or the record is not at hand, it says so.
    """
    name = variant(profile, changes or {})
    record = recorded(f"seeds/{chapter}", folder)
    run = record["profiles"].get(name) if record else None
    if run is None:
        _say(f"No run of {chapter} in profile {name!r} is recorded here.")
        return
    seeds = [str(seed) for seed in run["seeds"]]
    rows = [_row(claim, seeds) for claim in run["claims"].values() if not claim["exact"]]
    show_table(["claim", *(f"seed {seed}" for seed in seeds)], rows, label=f"Results in {name}")
    _say(circumstances(run))


def circumstances(run: Mapping[str, Any]) -> str:
    """When and on what a recorded run was made, in a line."""
    made, seconds = run["provenance"], run["seconds"].values()
    machine = made["hardware"]
    where = machine["processor"] if machine["accelerator"] == "none" else machine["accelerator"]
    return (
        f"{made['date']}, {where}, {machine['cores']} cores, torch {made['versions']['torch']}, "
        f"{sum(seconds) / len(seconds) / 60:.0f} minutes a seed."
    )


def _say(words: str) -> None:
    show(words, f"<p>{escape(words)}</p>")


def _row(claim: Mapping[str, Any], seeds: Sequence[str]) -> list[str]:
    return [claim["title"], *(number(claim["values"][seed], claim["unit"]) for seed in seeds)]
