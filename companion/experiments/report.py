"""What a study shows: how far it is, its rows, its verdict; and what experiments there are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from companion.experiments.experiment import experiment_names, find_experiment
from companion.experiments.study import Study
from companion.lessons.results import recorded
from companion.lessons.values import number


@contextmanager
def progress_bar(name: str, *, done: int, total: int) -> Iterator[Callable[[], None]]:
    """A bar of rows with the time left; what it yields is called after each row."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    # The speed is that of all rows so far: one alone may take longer than rich looks back.
    whole = float("inf")
    with Progress(
        *columns, TimeRemainingColumn(), console=_console(), speed_estimate_period=whole
    ) as bar:
        task = bar.add_task(f"{name}, rows", total=total, completed=done)
        bar.advance(task, 0)
        yield lambda: bar.advance(task)


def show_study(
    study: Study, record: Mapping[str, Any] | None, failures: Sequence[str] = ()
) -> None:
    """The rows that are there, what is missing and why, and the verdict where all are there."""
    console, experiment = _console(), study.experiment
    table = Table("variant")
    for title in ("seed", *experiment.columns):
        table.add_column(title, justify="right")
    rows = record["rows"] if record else [line["row"] for line in study.finished().values()]
    for row in rows:
        cells = (form.format(**row) for form in experiment.columns.values())
        table.add_row(row["variant"], str(row["seed"]), *cells)
    kind = "a trial" if study.trial else study.device
    console.print(f"{experiment.title} ({kind})", highlight=False, soft_wrap=True)
    console.print(table)
    for line in [*(f"failed: {failure}" for failure in failures), *_verdict(study, record)]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def show_experiments(root: Path) -> None:
    """Every experiment: what it compares, the rows that are there, those missing, its record."""
    table = Table("Experiment", "What", "Device", title="Experiments")
    for title in ("Rows here", "Missing", "Record"):
        table.add_column(title, justify="right")
    for name in experiment_names():
        experiment = find_experiment(name)
        record = recorded(name, root / "book" / "results") or {}
        for device in experiment.settings:
            study = Study(experiment, root, device)
            here = record if record.get("device") == device else {}
            counts = (len(study.finished()), len(study.missing()))
            cells = (*map(str, counts), here.get("provenance", {}).get("date", "missing"))
            table.add_row(name, experiment.title, device, *cells)
    console = _console()
    console.print(table)
    console.print("Measure the missing rows: python -m companion experiment NAME", markup=False)


def _verdict(study: Study, record: Mapping[str, Any] | None) -> Iterator[str]:
    if record is None:
        missing = [f"{variant}, seed {seed}" for variant, seed in study.missing()]
        yield f"missing: {'; '.join(missing)}"
        return
    for check in record["checks"]:
        mark = "✓" if check["held"] else "✗"
        yield f"{mark} {check['title']}: {number(check['measured'])}, to be {check['band']}"


def _console() -> Console:
    # Outside a terminal rich assumes 80 columns, which breaks the tables' lines in a log.
    return Console() if sys.stdout.isatty() else Console(width=140)
