"""The record of fifty digits, as a page shows it."""

from collections.abc import Mapping
from typing import Any

COLOURS = {"ViT": "blue", "ConvNet": "vermilion", "MLP": "slate"}


def from_worst(record: Mapping[str, Any]) -> dict[str, list[float]]:
    """Percent of test images wrong, one value a seed; the variant with the most stands first."""
    wrong: dict[str, list[float]] = {}
    for row in record["rows"]:
        wrong.setdefault(row["variant"], []).append(100 * (1 - row["accuracy"]))
    return dict(sorted(wrong.items(), key=lambda one: -sum(one[1]) / len(one[1])))


def table(record: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """A record's head and rows, as `show_table` takes them: shares of test images wrong by seed."""
    wrong: dict[str, dict[int, str]] = {}
    for row in record["rows"]:
        wrong.setdefault(row["variant"], {})[row["seed"]] = f"{1 - row['accuracy']:.1%}"
    seeds = sorted({row["seed"] for row in record["rows"]})
    head = ["model", "and besides", *(f"seed {seed}" for seed in seeds)]
    return head, [
        [*name.split(": "), *(shares[seed] for seed in seeds)] for name, shares in wrong.items()
    ]
