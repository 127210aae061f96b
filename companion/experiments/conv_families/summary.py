"""The record of scenes by shape, as a page shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

MIXERS = ("a token MLP", "attention", "nothing")
COLOURS = {"ConvMixer": "vermilion", "ViT": "blue", "MLP-Mixer": "green", "ResNet": "plum"}
COLOURS |= dict.fromkeys((f"shell with {name}" for name in MIXERS), "slate")


def right(record: Mapping[str, Any], names: Sequence[str]) -> dict[str, list[float]]:
    """Percent of new scenes right, one value a seed, for these variants in this order."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for row in record["rows"]:
        if row["variant"] in found:
            found[row["variant"]].append(100 * row["accuracy"])
    return found


def table(
    record: Mapping[str, Any], names: Sequence[str] | None = None
) -> tuple[list[str], list[list[str]]]:
    """A record's head and rows, as `show_table` takes them, of all variants or these."""
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in record["rows"]:
        if names is None or row["variant"] in names:
            rows.setdefault(row["variant"], []).append(row)
    head = ["model", "parameters", "million operations", "new scenes right, by seed", "its own"]
    return head, [
        [
            name,
            f"{seeds[0]['parameters']:,}",
            f"{seeds[0]['operations'] / 1e6:.1f}",
            ", ".join(f"{row['accuracy']:.1%}" for row in seeds),
            ", ".join(f"{row['own']:.0%}" for row in seeds),
        ]
        for name, seeds in rows.items()
    ]
