"""Results worth keeping, in `book/results/`: one run in `full`, runs over seeds, confirmations.

`seeds/<chapter>.json` holds, for each profile and each set of changed settings, the value of every
claim for each of several seeds, from which bands are set and which the book's page of claims
shows, and the curves that a chapter keeps. `confirmed/<chapter>.json` holds what the bands were
worth afterwards, on seeds that nobody had looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.lessons.settings import variant

if TYPE_CHECKING:
    from companion.runner.execution import RunResult

RESULTS = Path("book") / "results"


def record_full(root: Path, result: RunResult) -> Path:
    """Write what one run measured to `book/results/<chapter>.json`."""
    content = {
        "chapter": result.chapter,
        "profile": result.profile,
        "seed": result.seed,
        "seconds": round(result.seconds, 1),
        "peak_memory_mb": round(result.peak_memory_mb),
        "provenance": _provenance(result, "--profile full"),
        "claims": list(result.claims),
    }
    return _write(root / RESULTS / f"{result.chapter}.json", content)


def record_seeds(
    root: Path, results: Sequence[RunResult], changes: Mapping[str, str] | None = None
) -> Path:
    """Write one chapter's claims and curves, one run a seed; other profiles' entries stay.

    Runs with settings changed by `--set` have an entry of their own, named by `variant`.

    Raises:
        ValueError: the runs differ in chapter or profile, or in the claims they made.
    """
    _check_alike(results)
    first, changed = results[0], changes or {}
    path = root / RESULTS / "seeds" / f"{first.chapter}.json"
    content = _read(path) or {"chapter": first.chapter, "profiles": {}}
    options = "".join(f" --set {name}={value}" for name, value in changed.items())
    content["profiles"][variant(first.profile, changed)] = {
        "seeds": [result.seed for result in results],
        "seconds": {str(result.seed): round(result.seconds, 1) for result in results},
        "provenance": _provenance(first, f"--profile {first.profile}{options} {_seeds(results)}"),
        "claims": {
            claim["id"]: {key: claim[key] for key in ("title", "unit", "exact", "band")}
            | {"values": _by_seed(results, claim["id"], "value")}
            for claim in first.claims
        },
    } | _curves(results)
    return _write(path, content)


def record_confirmed(root: Path, results: Sequence[RunResult]) -> Path:
    """Write how every measured claim did on new seeds, and the band it was held against.

    Raises:
        ValueError: the runs differ in chapter or profile, or in the claims they made.
    """
    _check_alike(results)
    first = results[0]
    content = {
        "chapter": first.chapter,
        "profile": first.profile,
        "seeds": [result.seed for result in results],
        "provenance": _provenance(first, f"--profile {first.profile} {_seeds(results)} --confirm"),
        "claims": {
            claim["id"]: {
                "title": claim["title"],
                "band": claim["band"],
                "values": _by_seed(results, claim["id"], "value"),
                "held": _by_seed(results, claim["id"], "held"),
            }
            for claim in first.claims
            if not claim["exact"]
        },
    }
    return _write(root / RESULTS / "confirmed" / f"{first.chapter}.json", content)


def check_unseen(root: Path, chapter: str, profile: str, seeds: Sequence[int]) -> None:
    """Refuse to confirm a band on seeds that it may have been set from.

    Raises:
        ValueError: a seed is among those recorded for the chapter, naming it.
    """
    record = _read(root / RESULTS / "seeds" / f"{chapter}.json") or {"profiles": {}}
    known = record["profiles"].get(profile, {"seeds": []})["seeds"]
    if seen := sorted(set(known) & set(seeds)):
        raise ValueError(
            f"--confirm: {chapter} has its bands from seeds {known}; "
            f"take others than {', '.join(map(str, seen))}"
        )


def _check_alike(results: Sequence[RunResult]) -> None:
    if len({(r.chapter, r.profile, tuple(c["id"] for c in r.claims)) for r in results}) > 1:
        raise ValueError(f"{results[0].chapter}: the seeds' runs did not make the same claims")


def _by_seed(results: Sequence[RunResult], claim: str, key: str) -> dict[str, Any]:
    return {str(r.seed): c[key] for r in results for c in r.claims if c["id"] == claim}


def _curves(results: Sequence[RunResult]) -> dict[str, Any]:
    """What the runs kept as curves: by title, by seed; nothing where no chapter keeps any."""
    kept: dict[str, Any] = {}
    for result in results:
        for curves in result.curves:
            own = {key: value for key, value in curves.items() if key != "title"}
            kept.setdefault(curves["title"], {})[str(result.seed)] = own
    return {"curves": kept} if kept else {}


def _seeds(results: Sequence[RunResult]) -> str:
    return "--seeds " + " ".join(str(result.seed) for result in results)


def _provenance(result: RunResult, options: str) -> dict[str, Any]:
    from companion.records.provenance import provenance
    from companion.runner.execution import environment

    threads = int(environment(result.profile)["OMP_NUM_THREADS"])
    command = f"python -m companion run {result.chapter} {options}"
    return provenance(command, threads=threads)


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _write(path: Path, content: Mapping[str, Any]) -> Path:
    from companion.records.provenance import write_record

    write_record(path, content)
    return path
