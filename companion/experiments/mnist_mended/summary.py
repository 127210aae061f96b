"""What mending one peculiarity comes to, over the seeds."""

from collections.abc import Mapping
from statistics import mean
from typing import Any

from companion.experiments.experiment import Row

THEIRS = "the article"


def conclude(rows: list[Row]) -> dict[str, Any]:
    """The rows, and what each variant gains over the article, seed by seed.

    "gains" has for each the mean, the least and the most over the seeds, in points of accuracy.
    """
    right = {(row["variant"], row["seed"]): row["test_accuracy"] for row in rows}
    found: dict[str, list[float]] = {}
    for (name, seed), share in right.items():
        if name != THEIRS:
            found.setdefault(name, []).append(100 * (share - right[THEIRS, seed]))
    gains = {
        name: [round(value, 2) for value in (mean(points), min(points), max(points))]
        for name, points in found.items()
    }
    return {"gains": gains, "rows": rows}


def by_variant(record: Mapping[str, Any]) -> dict[str, list[float]]:
    """Percent of test images right for each variant, one value a seed."""
    right: dict[str, list[float]] = {}
    for row in record["rows"]:
        right.setdefault(row["variant"], []).append(100 * row["test_accuracy"])
    return right


def table(record: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """A record's head and rows, as `show_table` takes them: accuracy by seed, points gained."""
    right: dict[str, dict[int, float]] = {}
    for row in record["rows"]:
        right.setdefault(row["variant"], {})[row["seed"]] = row["test_accuracy"]
    seeds = sorted({row["seed"] for row in record["rows"]})
    rows = []
    for name, shares in right.items():
        cells = [f"{shares[seed]:.1%}" for seed in seeds]
        middle, *ends = record["gains"].get(name, [0.0])
        gained = f"{middle:+.1f} ({ends[0]:+.1f} to {ends[1]:+.1f})" if ends else ""
        rows.append([name, *cells, gained])
    return ["variant", *(f"seed {seed}" for seed in seeds), "points gained"], rows
