"""Executes chapters as ordered: what need not run again, where to, what to record.

`execute` runs one notebook, `run_all` several; `carry_out` does what the command line orders.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from companion.lessons.claims import claims_of
from companion.lessons.settings import PROFILES
from companion.records import machine
from companion.records.files import write_file
from companion.runner.execution import RunResult, environment
from companion.runner.inputs import changed, stored_record
from companion.runner.notebooks import read, write
from companion.runner.pool import Task, run_all
from companion.runner.records import check_unseen, record_confirmed, record_full, record_seeds

# What reading a file raises that is not the notebook or the record that it should be.
DAMAGED = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True)
class Order:
    """What to do with chapters: see the options of `python -m companion run`.

    Raises:
        ValueError: the profile is unknown, or options contradict each other.
    """

    root: Path
    profile: str = "book"
    changes: Mapping[str, str] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    timeout: float = 0.0
    kernel: str | None = None
    cached: bool = False
    store: bool = False
    confirm: bool = False

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            known = ", ".join(PROFILES)
            raise ValueError(f"--profile {self.profile} is unknown: choose one of {known}")
        if self.cached and (self.changes or self.seeds or self.kernel):
            raise ValueError("--cached and --store take no --set, --seeds or --kernel")
        if self.store and self.profile != "book":
            raise ValueError("--store keeps the outputs of profile book; leave --profile out")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"--seeds {' '.join(map(str, self.seeds))}: a seed is given twice")
        if self.confirm and (not self.seeds or self.changes):
            raise ValueError("--confirm takes new --seeds, as in --seeds 3 4 5, and no --set")

    def output(self, path: Path, seed: int | None = None) -> Path:
        """Where the executed notebook of a chapter goes."""
        folder = self.root / "_build" / ("executed" if self.cached else f"runs/{self.profile}")
        return folder / (path.name if seed is None else f"{path.stem}-seed{seed}.ipynb")

    def tasks(self, path: Path) -> list[Task]:
        """The runs of one chapter, one for each seed."""
        task = Task(
            path,
            self.output(path),
            self.profile,
            timeout=self.timeout,
            kernel=self.kernel,
            environment=environment(self.profile, self.changes, record=bool(self.seeds)),
            root=self.root,
        )
        runs = [replace(task, output=self.output(path, seed), seed=seed) for seed in self.seeds]
        return runs or [task]


def carry_out(
    order: Order,
    chapters: Sequence[Path],
    *,
    jobs: int = 1,
    on_cell: Callable[[Task, int, int], None] | None = None,
    on_end: Callable[[Task, RunResult], None] | None = None,
) -> list[RunResult]:
    """Execute chapters as ordered and keep what is worth keeping; results in order.

    `on_cell(task, done, cells)` and `on_end(task, result)` hear how it goes, from other threads.
    """
    results: dict[Path, list[RunResult]] = {path: [] for path in chapters}
    for path in chapters:
        known = _refused(path, order) if order.confirm else None
        known = cached(path, order) if order.cached else known
        results[path] += [known] if known else []

    def ended(task: Task, result: RunResult) -> None:
        if order.cached and result.status == "passed":
            keep(result)
        if on_end is not None:
            on_end(task, result)

    tasks = [task for path in chapters if not results[path] for task in order.tasks(path)]
    ran = run_all(tasks, jobs=jobs, on_cell=on_cell, on_end=ended)
    for task, result in zip(tasks, ran, strict=True):
        results[task.notebook].append(result)
    for path in chapters:
        try:
            _record(order, results[path])
        except DAMAGED as error:
            words = f"not recorded: {error}"
            results[path] = [replace(r, status="failed", error=words) for r in results[path]]
        if order.store and results[path][0].passed:
            results[path][0] = _store(order, path, results[path][0])
    return [result for path in chapters for result in results[path]]


def _refused(path: Path, order: Order) -> RunResult | None:
    try:
        check_unseen(order.root, path.stem, order.profile, order.seeds)
    except DAMAGED as error:
        return RunResult(path.stem, "failed", error=str(error), profile=order.profile)
    return None


def cached(path: Path, order: Order) -> RunResult | None:
    """The result of the earlier run of a chapter, where nothing that it depends on has changed.

    None too where what that run left behind is damaged: the chapter runs again and replaces it.
    """
    output = order.output(path)
    try:
        known = json.loads(output.with_suffix(".json").read_text(encoding="utf-8"))
        if known["profile"] != order.profile or changed(known["record"], path, order.root):
            return None
        return RunResult(
            path.stem,
            "unchanged",
            known["seconds"],
            known["peak_memory_mb"],
            tuple(claims_of(json.loads(output.read_text(encoding="utf-8")))),
            notebook=output,
            profile=known["profile"],
            seed=known["seed"],
            record=known["record"],
        )
    except (OSError, *DAMAGED):
        return None


def keep(result: RunResult) -> None:
    """Write the record beside an executed notebook by which `cached` knows it again."""
    if result.notebook is None:
        raise ValueError(f"{result.chapter}: there is no executed notebook to keep")
    record = {
        "chapter": result.chapter,
        "profile": result.profile,
        "seed": result.seed,
        "seconds": round(result.seconds, 1),
        "peak_memory_mb": round(result.peak_memory_mb),
        "python": machine.versions(())["python"],
        "threads": int(environment(result.profile)["OMP_NUM_THREADS"]),
        "claims": {n: result.count(h) for n, h in (("held", True), ("open", None))},
        "record": result.record,
    }
    _write(result.notebook.with_suffix(".json"), record)


def _record(order: Order, results: Sequence[RunResult]) -> None:
    """Write results to the book, unless a run did not get to its end.

    One run with changed settings is a trial and leaves no record; runs over seeds are told apart
    by their settings.
    """
    if order.cached or any(result.status != "passed" for result in results):
        return
    if order.confirm:
        record_confirmed(order.root, results)
    elif order.seeds:
        record_seeds(order.root, results, order.changes)
    elif order.profile == "full" and not order.changes:
        record_full(order.root, results[0])


def _store(order: Order, path: Path, result: RunResult) -> RunResult:
    """Refresh the chapter's stored outputs, unless what it depends on changed during the run."""
    if names := changed(result.record, path, order.root):
        words = f"{', '.join(names)} edited during the run: not stored; run again"
        return replace(result, status="outdated", error=words)
    write(read(order.output(path)), path)
    _write(stored_record(path), {"chapter": path.stem, **result.record})
    return result


def _write(path: Path, content: Mapping[str, Any]) -> None:
    write_file(path, (json.dumps(content, indent=1) + "\n").encode())
