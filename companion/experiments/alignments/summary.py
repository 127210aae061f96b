"""What the rows of both models and all seeds come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from companion.experiments.alignments.looks import ASIDE
from companion.experiments.experiment import Row

ONCE = ("data", "examples", "search", "controls")


def conclude(rows: list[Row]) -> dict[str, Any]:
    """Each row's numbers; data and controls once, sentences from the first seed alone."""
    first = {row["variant"]: row for row in reversed(rows)}
    kept = {key: rows[0][key] for key in ("data", "controls", "words")}
    return {
        **kept,
        "examples": {name: row["examples"] for name, row in first.items()},
        "search": {name: row["search"] for name, row in first.items()},
        "rows": [{key: value for key, value in row.items() if key not in ONCE} for row in rows],
    }


def least(record: Mapping[str, Any]) -> float:
    """The least share of hits of a chosen head, in per cent of the words aside."""
    aside = 1 - record["controls"]["along the diagonal"]
    shares = [row["hits"][ASIDE][row["best_head"]] / row["words"] for row in record["rows"]]
    return float(round(100 * min(shares) / aside, 2))
