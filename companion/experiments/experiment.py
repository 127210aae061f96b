"""What an experiment says of itself: variants, settings, how a row is measured, what is to hold.

Each module in this folder that measures something has an `EXPERIMENT`; `study` does the rest.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from companion.lessons.bands import Band

MACHINERY = ("conduct", "experiment", "report", "study")
# A row as a record holds it: "variant", "seed", and what was measured.
Row = dict[str, Any]


class Check(NamedTuple):
    """What is to come out: a value made from the record, and the band that it must lie in."""

    title: str
    measure: Callable[[Mapping[str, Any]], Any]
    holds: Band


@dataclass(frozen=True)
class Experiment:
    """What is compared, and how a row is measured.

    Args:
        name: of its module and of its record, `book/results/<name>.json`.
        title: what is compared, in a line.
        variants: each with the seeds it is measured from.
        settings: for each device that it runs on, the settings and their values; the first device
            is taken where none is named.
        run: `run(variant, seed, device, settings=, folder=)` -> what was measured, as JSON; it may
            keep checkpoints in the folder, and goes on from those it finds there.
        columns: of the table: the title, and a format that is given the row.
        checks: the verdict; all must hold.
        needs: packages without which there is no row, by the names they are imported by.
        timed: whether rows must have the machine to themselves.
        conclude: rows -> what the record holds, "rows" among it.
    """

    name: str
    title: str
    variants: Mapping[str, Sequence[int]]
    settings: Mapping[str, Mapping[str, Any]]
    run: Callable[..., Row]
    columns: Mapping[str, str]
    checks: Sequence[Check]
    needs: Sequence[str] = ()
    timed: bool = False
    conclude: Callable[[list[Row]], dict[str, Any]] = lambda rows: {"rows": rows}


def experiment_names() -> list[str]:
    """The modules of this folder that hold an experiment."""
    package = importlib.import_module(__package__)
    return [m.name for m in pkgutil.iter_modules(package.__path__) if m.name not in MACHINERY]


def find_experiment(name: str) -> Experiment:
    """The experiment of this name.

    Raises:
        ValueError: there is none.
    """
    names = experiment_names()
    if name not in names:
        raise ValueError(f"no experiment is named {name!r}: choose one of {', '.join(names)}")
    found: Experiment = importlib.import_module(f"{__package__}.{name}").EXPERIMENT
    return found
