"""What the rows of all models and seeds come to: means, and what attention gains."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from companion.experiments.experiment import Row
from companion.experiments.translation.models import ATTENTION, BOTTLENECK, NAMES
from companion.experiments.translation.scores import LENGTH_PENALTY

# The searches whose translations are scored: one beam is greedy.
BEAMS = {"greedy": 1, "beam 4": 4}


def conclude(rows: list[Row]) -> dict[str, Any]:
    """Each model's means over the seeds, and each seed's BLEU; the data once, not in every row."""
    return {
        "data": rows[0]["data"],
        "searches": BEAMS,
        "length_penalty": LENGTH_PENALTY,
        "table": {name: summary([row for row in rows if row["variant"] == name]) for name in NAMES},
        "rows": [{key: value for key, value in row.items() if key != "data"} for row in rows],
    }


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """One model's means over its rows."""
    return {
        "parameters": rows[0]["parameters"],
        "steps": rows[0]["steps"],
        "training_seconds": _mean([row["training_seconds"] for row in rows]),
        "validation_loss": _mean([min(row["validation_loss"]) for row in rows], 4),
        **{
            search: {
                "mean": _mean([row["bleu"][search]["bleu"] for row in rows]),
                "seeds": [row["bleu"][search]["bleu"] for row in rows],
                "seconds": _mean([row["bleu"][search]["seconds"] for row in rows]),
            }
            for search in BEAMS
        },
        "bleu_by_length": {
            group: _mean([row["bleu_by_length"][group] for row in rows])
            for group in rows[0]["bleu_by_length"]
        },
    }


def _mean(numbers: Sequence[float], digits: int = 2) -> float:
    return round(statistics.fmean(numbers), digits)


def gains(record: Mapping[str, Any]) -> list[float]:
    """By how much attention raises the RNN's BLEU (beam 4), seed by seed."""
    with_it, without = (
        record["table"][name]["beam 4"]["seeds"] for name in (ATTENTION, BOTTLENECK)
    )
    return [round(a - b, 2) for a, b in zip(with_it, without, strict=True)]
