"""A small experiment that says what was asked of it."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from companion.experiments import Check, Experiment, Study
from companion.lessons import at_least


@dataclass
class Calls:
    """The rows that were measured, in order, and those that shall fail."""

    rows: list[tuple] = field(default_factory=list)
    failing: dict[str, Exception] = field(default_factory=dict)


def run(calls, variant, seed, device, *, settings, folder):
    calls.rows.append((variant, seed, device, settings["size"]))
    if variant in calls.failing:
        raise calls.failing[variant]
    return {"score": settings["size"] * (10 if variant == "good" else 1) + seed}


def gap(record):
    return min(r["score"] for r in record["rows"] if r["variant"] == "good") - 10


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def experiment(calls) -> Experiment:
    return Experiment(
        name="toy",
        title="Good beside plain",
        variants={"plain": (0, 1), "good": (0,)},
        settings={"cpu": {"size": 2, "rate": 0.5}, "cuda": {"size": 3, "rate": 0.5}},
        run=partial(run, calls),
        columns={"score": "{score:.1f}"},
        checks=[Check("Good is ahead by", gap, at_least(5))],
    )


@pytest.fixture
def study(experiment, tmp_path: Path) -> Study:
    return Study(experiment, tmp_path)
