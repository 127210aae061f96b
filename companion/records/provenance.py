"""What the benchmarks have in common: the circumstances of a measurement, and its file."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from companion.records.files import write_text
from companion.records.machine import PACKAGES, hardware, versions


def circumstances() -> dict[str, Any]:
    """When and on what it was measured, and nothing that names the machine."""
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
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
