"""What mending one peculiarity comes to, over the seeds."""

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
