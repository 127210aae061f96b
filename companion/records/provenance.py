"""Where a measurement comes from, in one format for every record: how, when and on what."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from companion.records.files import write_file
from companion.records.machine import PACKAGES, hardware, versions


def circumstances() -> dict[str, Any]:
    """When and on what it was measured, and nothing that names the machine."""
    import torch

    machine = hardware()
    words = [machine["processor"], f"{machine['cores']} cores", f"{machine['memory_gb']} GB"]
    if machine["accelerator"] != "none":
        words.append(machine["accelerator"])
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": ", ".join(str(word) for word in [*words, machine["system"]]),
        "threads": torch.get_num_threads(),
        "versions": versions((*PACKAGES, "vit-pytorch")),
    }


def write_result(path: Path, content: dict[str, Any]) -> None:
    """Write a result as JSON, whole or not at all."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_file(path, text.encode())


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


def write_record(path: Path, content: Mapping[str, Any]) -> None:
    """Write a record as JSON, whole or not at all."""
    write_file(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
