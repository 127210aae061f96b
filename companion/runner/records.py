"""Results worth keeping: `book/results/<chapter>.json` and `book/results/seeds/<chapter>.json`.

The first holds one run in `full`; the second, for each profile and each set of changed settings,
the value of every claim for each of several seeds, from which bands are set and which the book's
page of claims shows, and the curves that a chapter keeps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.lessons.settings import variant
from companion.records.machine import hardware, versions
from companion.runner.notebooks import write_text

if TYPE_CHECKING:
    from companion.runner import RunResult


def record_full(root: Path, result: RunResult) -> Path:
    """Write what one run measured to `book/results/<chapter>.json`."""
    path = root / "book" / "results" / f"{result.chapter}.json"
    content = {
        "chapter": result.chapter,
        "profile": result.profile,
        "seed": result.seed,
        "seconds": round(result.seconds, 1),
        "peak_memory_mb": round(result.peak_memory_mb),
        **_circumstances(),
        "claims": list(result.claims),
    }
    _write(path, content)
    return path


def record_seeds(
    root: Path, results: Sequence[RunResult], changes: Mapping[str, str] | None = None
) -> Path:
    """Write one chapter's claims and curves, one run a seed; other profiles' entries stay.

    Runs with settings changed by `--set` have an entry of their own, named by `variant`.

    Raises:
        ValueError: the runs differ in chapter or profile, or in the claims they made.
    """
    first = results[0]
    kinds = {(r.chapter, r.profile, tuple(c["id"] for c in r.claims)) for r in results}
    if len(kinds) > 1:
        raise ValueError(f"{first.chapter}: the seeds' runs did not make the same claims")
    path = root / "book" / "results" / "seeds" / f"{first.chapter}.json"
    content: dict[str, Any] = {"chapter": first.chapter, "profiles": {}}
    if path.is_file():
        content = json.loads(path.read_text(encoding="utf-8"))
    content["profiles"][variant(first.profile, changes or {})] = {
        "seeds": [result.seed for result in results],
        "seconds": {str(result.seed): round(result.seconds, 1) for result in results},
        **_circumstances(),
        "claims": {claim["id"]: _values(claim, results) for claim in first.claims},
    } | _curves(results)
    _write(path, content)
    return path


def _values(claim: dict[str, Any], results: Sequence[RunResult]) -> dict[str, Any]:
    values = {
        str(result.seed): next(c["value"] for c in result.claims if c["id"] == claim["id"])
        for result in results
    }
    return {key: claim[key] for key in ("title", "unit", "exact", "band")} | {"values": values}


def _curves(results: Sequence[RunResult]) -> dict[str, Any]:
    """What the runs kept as curves: by title, by seed; nothing where no chapter keeps any."""
    kept: dict[str, Any] = {}
    for result in results:
        for curves in result.curves:
            own = {key: value for key, value in curves.items() if key != "title"}
            kept.setdefault(curves["title"], {})[str(result.seed)] = own
    return {"curves": kept} if kept else {}


def _circumstances() -> dict[str, Any]:
    today = datetime.now(UTC).date().isoformat()
    return {"date": today, "hardware": hardware(), "versions": versions()}


def _write(path: Path, content: dict[str, Any]) -> None:
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
