"""Results that took longer than a chapter may, recorded beside the book and shown in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


def recorded(name: str, folder: Path = RESULTS) -> dict[str, Any] | None:
    """What `book/results/<name>.json` holds; None where it is not at hand.

    It is at hand in a clone of the book, and not where only the package is installed, as in Colab.

    Raises:
        ValueError: the file is there but is not JSON.
    """
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name} is not JSON ({error}): record it again") from None
    return result
