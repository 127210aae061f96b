"""The record of the parts, as a page shows it."""

from collections.abc import Mapping, Sequence
from typing import Any


def rights(record: Mapping[str, Any], name: str, words: Sequence[str]) -> dict[str, list[float]]:
    """Percent of new images right in a task, one value a seed, for these words in this order."""
    found: dict[str, list[float]] = {word: [] for word in words}
    for row in sorted(record["rows"], key=lambda row: row["seed"]):
        task, word = row["variant"].split(": ")
        if task == name and word in found:
            found[word].append(100 * row["right"])
    return found


def table(
    record: Mapping[str, Any], name: str, words: Sequence[str], *columns: str
) -> tuple[list[str], list[list[str]]]:
    """A head and rows, as `show_table` takes them: shares of a task by seed.

    `columns` are "right", "own", "other", or "pushed 2" for a push by two pixels.
    """
    titles = {"right": "new images right", "own": "its own", "other": "names the other"}
    head = ["word", "parameters", *(titles.get(column, column + " px") for column in columns)]
    rows = []
    for word in words:
        seeds = [row for row in record["rows"] if row["variant"] == f"{name}: {word}"]
        seeds.sort(key=lambda row: row["seed"])
        shares = [", ".join(f"{_share(row, column):.1%}" for row in seeds) for column in columns]
        rows.append([word, f"{seeds[0]['parameters']:,}", *shares])
    return head, rows


def _share(row: Mapping[str, Any], column: str) -> float:
    if column.startswith("pushed"):
        return float(row["pushed"][(1, 2, 4).index(int(column.split()[1]))])
    return float(row[column])
