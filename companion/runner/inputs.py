"""What a chapter's outputs depend on: its sources, the lock, and the files that its run read.

A record of it is a mapping with the keys `notebook` (the fingerprint of the cells) and `inputs`
(path below the repository's root -> fingerprint, None for a file that was looked for in vain).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from companion.runner.notebooks import clean_metadata
from companion.runner.recorder import fingerprint

LOCK = "requirements.txt"


def begin_record(notebook: Path, root: Path) -> dict[str, Any]:
    """What is known before a run: what is edited meanwhile must count as changed afterwards."""
    return {"notebook": cells_of(notebook), "inputs": {LOCK: fingerprint(root / LOCK)}}


def end_record(record: dict[str, Any], log: Path) -> dict[str, Any]:
    """The record with what the recorder wrote to `log`; the first fingerprint of a file counts."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    for name, found in map(json.loads, lines):
        record["inputs"].setdefault(name, found)
    return {**record, "inputs": dict(sorted(record["inputs"].items()))}


def changed(record: Mapping[str, Any], notebook: Path, root: Path) -> list[str]:
    """What differs now from a record, by path; empty where the chapter need not run again."""
    now = {name: fingerprint(root / name) for name in record["inputs"]}
    differs = [name for name, before in record["inputs"].items() if now[name] != before]
    return [notebook.name] * (record["notebook"] != cells_of(notebook)) + differs


def stored_record(notebook: Path) -> Path:
    """Where the record of the run lies whose outputs are stored in the book."""
    return notebook.parent / "results" / "inputs" / f"{notebook.stem}.json"


def changed_since_stored(notebook: Path, root: Path) -> list[str]:
    """What differs from when the chapter's outputs were stored; that record, if there is none."""
    path = stored_record(notebook)
    if not path.is_file():
        return [path.relative_to(root).as_posix()]
    return changed(json.loads(path.read_text(encoding="utf-8")), notebook, root)


def cells_of(notebook: Path) -> str | None:
    """The fingerprint of a notebook's cells without their outputs; None where it is damaged."""
    try:
        cells = [
            [cell["cell_type"], "".join(cell["source"]), clean_metadata(cell["metadata"])]
            for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()[:16]
