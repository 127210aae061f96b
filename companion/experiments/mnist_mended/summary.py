"""What mending or keeping one peculiarity comes to, over the seeds."""

from statistics import mean
from typing import Any

from companion.experiments.experiment import Row

THEIRS, OURS = "the article", "all mended"


def gains(rows: list[Row], variant: str) -> list[float]:
    """Points of test accuracy over what the variant is compared with, seed by seed.

    Mended ones, and all together, are compared with the article; kept ones with all mended.
    """
    other = OURS if variant.startswith("kept: ") else THEIRS
    found = {(row["variant"], row["seed"]): row["test_accuracy"] for row in rows}
    seeds = [seed for name, seed in found if name == variant]
    return [100 * (found[variant, seed] - found[other, seed]) for seed in seeds]


def conclude(rows: list[Row]) -> dict[str, Any]:
    """The rows, and for each variant its gain: mean, least and most over the seeds, in points."""
    names = [name for name in dict.fromkeys(row["variant"] for row in rows) if name != THEIRS]
    found = {name: gains(rows, name) for name in names}
    return {
        "gains": {
            name: [round(value, 2) for value in (mean(g), min(g), max(g))]
            for name, g in found.items()
        },
        "rows": rows,
    }
