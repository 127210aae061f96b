"""Where a measurement comes from, in one format for every record: how, when and on what."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from companion.records.files import write_file
from companion.records.machine import hardware, versions


def provenance(command: str, *, threads: int | None) -> dict[str, Any]:
    """The command that measures it again, the date, hardware, torch's threads and versions.

    Nothing in it names the machine. Threads are None where torch had no part in it.
    """
    return {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": hardware(),
        "threads": threads,
        "versions": versions(),
    }


def in_words(hardware: Mapping[str, Any]) -> str:
    """The hardware of a record in a line."""
    words = [hardware["processor"], f"{hardware['cores']} cores", f"{hardware['memory_gb']} GB"]
    if hardware["accelerator"] != "none":
        words.append(hardware["accelerator"])
    return ", ".join([*words, hardware["system"]])


def write_record(path: Path, content: Mapping[str, Any]) -> None:
    """Write a record as JSON, whole or not at all."""
    write_file(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
