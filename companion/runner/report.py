"""What the command line shows: progress while chapters run, and tables."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from companion.runner import doctor
from companion.runner.doctor import Finding, Outlook
from companion.runner.execution import RunResult
from companion.runner.notebooks import find_chapters
from companion.runner.packages import Package, packages
from companion.runner.pool import Task

MARKS = {True: "✓", None: "○", False: "✗"}


class Bars(Progress):
    """A bar for each running chapter, by cells, on stderr; nothing in CI or outside a terminal."""

    def __init__(self) -> None:
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty() or bool(os.environ.get("CI")),
        )
        self._ids: dict[Path, TaskID] = {}

    def cell(self, task: Task, done: int, total: int) -> None:
        """A chapter has executed `done` of its `total` cells."""
        if task.output not in self._ids:
            name = task.output.stem
            self._ids[task.output] = self.add_task(name, total=total)
        self.update(self._ids[task.output], completed=done)

    def end(self, task: Task, result: RunResult) -> None:  # noqa: ARG002 - the bar goes either way
        """A chapter has ended."""
        if task.output in self._ids:
            self.remove_task(self._ids.pop(task.output))


def show_summary(results: Sequence[RunResult]) -> None:
    """A table of how each chapter went, and below it what went wrong and where to read it."""
    table = Table("Chapter", "Seed", "Status", title="Chapters")
    for name in ("Seconds", "Peak MB", "Held", "Not judged", "Failed"):
        table.add_column(name, justify="right")
    for result in results:
        mark = "✓" if result.passed else "✗"
        ran = result.status not in ("unchanged", "interrupted")
        table.add_row(
            result.chapter,
            "" if result.seed is None else str(result.seed),
            f"{mark} {result.status}",
            f"{result.seconds:.1f}" if ran else "",
            f"{result.peak_memory_mb:.0f}" if ran else "",
            *(str(result.count(held)) for held in (True, None, False)),
        )
    console = _console()
    console.print(table)
    for result in results:
        for line in problems(result):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def problems(result: RunResult) -> list[str]:
    """What went wrong in a run, in lines."""
    lines = []
    if result.error:
        lines.append(f"{result.chapter}: {result.error}")
    for claim in result.claims:
        if claim["held"] is False and result.status == "passed":
            lines.append(
                f"{result.chapter}, seed {result.seed}: {claim['title']}: "
                f"measured {claim['value']}, but the claim is {claim['band']}"
            )
    if result.notebook is not None and not result.passed:
        lines.append(f"  notebook kept in {result.notebook}")
    return lines


def show_doctor(root: Path | None) -> int:
    """Everything the doctor finds, as tables; 1 where a chapter could not run in `book`, else 0."""
    console = _console()
    console.print(_machine_table(list(doctor.findings(root))))
    console.print(_package_table(packages(root)))
    if root is None:
        console.print("There is no clone of the book here, so no chapters to look at.")
        return 0
    outlooks = doctor.outlooks(find_chapters(root=root))
    console.print(_chapter_table(outlooks))
    lacking = sorted({what for row in outlooks for what in row.lacks})
    for line in lacking:
        console.print(f"lacking: {line}", markup=False, highlight=False, soft_wrap=True)
    blocked = [row.chapter for row in outlooks if row.profile == "book" and not row.good]
    verdict = f"would not run: {', '.join(blocked)}" if blocked else "every chapter would run"
    console.print(f"In profile `book` {verdict}.", markup=False, highlight=False)
    return int(bool(blocked))


def _machine_table(rows: Sequence[Finding]) -> Table:
    table = Table("", "What", "Found", "How to mend it", title="This machine")
    for row in rows:
        table.add_row(MARKS[row.good], row.topic, row.text, "" if row.good else row.remedy)
    return table


def _package_table(rows: Sequence[Package]) -> Table:
    table = Table("", "Package", "Installed", "Asked", "Locked", "Needed for", title="Packages")
    for row in rows:
        same = not row.locked or row.installed == row.locked
        mark = MARKS[(True if same else None) if row.good else False]
        need = row.extra or "everything"
        table.add_row(mark, row.name, row.installed or "missing", row.asked, row.locked, need)
    return table


def _chapter_table(rows: Sequence[Outlook]) -> Table:
    table = Table("Chapter", "smoke", "book", "full", title="Chapters that would run")
    for chapter in dict.fromkeys(row.chapter for row in rows):
        states = [row for row in rows if row.chapter == chapter]
        cells = [MARKS[(None if row.lacks else True) if row.good else False] for row in states]
        table.add_row(chapter, *cells)
    return table


def _console() -> Console:
    # Outside a terminal rich assumes 80 columns, which breaks the tables' lines in a log.
    return Console() if sys.stdout.isatty() else Console(width=110)
