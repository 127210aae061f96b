"""The bake-off as a page shows it: one table, points and curves, and who beat whom."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from companion.experiments.bake_off.models import BUDGETS
from companion.viz import Mark

MARKS = {
    "ViT": Mark("blue", "o"),
    "MLP-Mixer": Mark("green", "s"),
    "Mixer + ViT": Mark("slate", "^"),
    "ConvMixer": Mark("vermilion", "D"),
    "ConvMixer + Mixer": Mark("#9A6B00", "v"),
    "ResNet": Mark("plum", "X"),
}
HUES = {name: mark.color for name, mark in MARKS.items()}
DAMAGE = ("shift", "noise", "blur", "shuffle")
Rows = Sequence[Mapping[str, Any]]


def chosen(rows: Rows, *, task: str, budget: str) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of a task at a budget by family, seeds in order; the ViT's count for both."""
    found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in MARKS}
    for row in sorted(rows, key=lambda row: row.get("seed", 0)):
        if row["task"] == task and (row["budget"] == budget or row["family"] == "ViT"):
            found[row["family"]].append(row)
    return {name: each for name, each in found.items() if each}


def spread(values: Sequence[float], form: str = "{:.0f}") -> str:
    """The least and the most of several values, or one where they look the same."""
    ends = dict.fromkeys((form.format(min(values)), form.format(max(values))))
    return "–".join(ends)


def table(rows: Rows, *, task: str, budgets: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Head and rows as `show_table` takes them: what each family costs and gets right.

    With several budgets, a first line of each budget's rows says which it is. Of several seeds the
    least and the most is given, of three strengths of damage the middle one.
    """
    head = ["model", "right, %", "shift", "noise", "blur", "shuffle", "1,000 parameters",
            "million operations", "training, × ViT", "answering, × ViT", "memory, MB"]  # fmt: skip
    lines = []
    for budget in budgets:
        if len(budgets) > 1:
            lines.append([f"equal {budget}:", *[""] * (len(head) - 1)])
        for name, seeds in chosen(rows, task=task, budget=budget).items():
            damaged = [spread([100 * row[kind][1] for row in seeds]) for kind in DAMAGE]
            speeds = [
                spread([row[which][0] for row in seeds], "{:.1f}")
                for which in ("training", "answering")
            ]
            lines.append(
                [
                    name,
                    spread([100 * row["accuracy"] for row in seeds]),
                    *damaged,
                    f"{seeds[0]['parameters'] / 1e3:.1f}",
                    f"{seeds[0]['operations'] / 1e6:.2f}",
                    *speeds,
                    f"{seeds[0]['memory'] / 1e6:.1f}",
                ]
            )
    return head, lines


def fading(
    rows: Rows, *, task: str, budget: str, kinds: Sequence[str] = DAMAGE
) -> dict[str, dict[str, list[list[float]]]]:
    """Damage -> family -> a list a seed: percent right at strength nought, one, two and three."""
    families = chosen(rows, task=task, budget=budget)
    return {
        kind: {
            name: [[100 * row["accuracy"], *(100 * v for v in row[kind])] for row in seeds]
            for name, seeds in families.items()
        }
        for kind in kinds
    }


def points(
    rows: Rows, *, task: str, budget: str, price: Callable[[Mapping[str, Any]], float]
) -> dict[str, list[tuple[float, float]]]:
    """Family -> (price, percent right) of each seed."""
    return {
        name: [(price(row), 100 * row["accuracy"]) for row in seeds]
        for name, seeds in chosen(rows, task=task, budget=budget).items()
    }


def dots(rows: Rows) -> dict[str, dict[str, list[float]]]:
    """Task and budget -> family -> percent right of each seed, as `show_dot_panels` takes them."""
    return {
        f"{task.capitalize()}: {budget}": {
            name: [100 * row["accuracy"] for row in seeds]
            for name, seeds in chosen(rows, task=task, budget=budget).items()
        }
        for task in dict.fromkeys(row["task"] for row in rows)
        for budget in BUDGETS
    }


def ticks(strengths: Mapping[str, Sequence[float]]) -> dict[str, list[str]]:
    """What stands below the curves of `fading`: nought, and each strength."""
    return {kind: ["0", *(f"{each:g}" for each in values)] for kind, values in strengths.items()}


def wins(rows: Rows, *, budget: str, tasks: Sequence[str]) -> Tensor:
    """How often a family (row) was more often right than another (column): (f, f).

    Once for each task and seed; a tie is half a win for both.
    """
    names = list(MARKS)
    found = torch.zeros(len(names), len(names))
    for task in tasks:
        families = chosen(rows, task=task, budget=budget)
        for i, one in enumerate(names):
            for j, other in enumerate(names):
                if i != j:
                    for a, b in zip(families[one], families[other], strict=True):
                        gap = a["accuracy"] - b["accuracy"]
                        found[i, j] += 0.5 + 0.5 * ((gap > 0) - (gap < 0))
    return found


def wins_table(
    rows: Rows, *, budget: str, tasks: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """Head and rows of `wins`, as `show_table` takes them."""
    counts = wins(rows, budget=budget, tasks=tasks).tolist()
    lines = [[name, *(f"{n:g}" for n in line)] for name, line in zip(MARKS, counts, strict=True)]
    for i, line in enumerate(lines):
        line[1 + i] = "–"
    return ["ahead of …", *MARKS], lines
