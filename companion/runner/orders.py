"""Executes chapters: what to run and where to, what need not run again, what to record.

`execute` runs one notebook, `run_all` several; `carry_out` does what the command line orders.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from companion.lessons.claims import claims_of
from companion.lessons.settings import PROFILES
from companion.records import machine
from companion.runner.execution import RunResult, environment, execute
from companion.runner.keys import chapter_key
from companion.runner.notebooks import clean, find_chapters, find_root, read, write, write_text
from companion.runner.pool import Task, run_all
from companion.runner.records import record_full, record_seeds

__all__ = [
    "Order",
    "RunResult",
    "Task",
    "cached",
    "carry_out",
    "chapter_key",
    "clean",
    "environment",
    "execute",
    "find_chapters",
    "find_root",
    "keep",
    "run_all",
]

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

    def output(self, path: Path, seed: int | None = None) -> Path:
        """Where the executed notebook of a chapter goes."""
        folder = self.root / "_build" / ("executed" if self.cached else f"runs/{self.profile}")
        return folder / (path.name if seed is None else f"{path.stem}-seed{seed}.ipynb")

    def tasks(self, path: Path) -> list[Task]:
        """The runs of one chapter, one for each seed."""
        variables = environment(self.profile, self.changes, record=bool(self.seeds))
        return [
            Task(
                path,
                self.output(path, seed),
                self.profile,
                seed,
                self.timeout,
                self.kernel,
                variables,
            )
            for seed in self.seeds or (None,)
        ]


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
    # Keys are taken before the run: what is edited meanwhile is executed again next time.
    keys: dict[Path, str] = {}
    results: dict[Path, list[RunResult]] = {path: [] for path in chapters}
    for path in chapters if order.cached else ():
        try:
            keys[path] = chapter_key(path, order.profile, root=order.root)
        except DAMAGED as error:
            words = f"{path.name} is not a notebook: {error}"
            results[path].append(RunResult(path.stem, "failed", error=words, profile=order.profile))
            continue
        known = cached(path, order.output(path), keys[path])
        results[path] += [known] if known else []

    def ended(task: Task, result: RunResult) -> None:
        if task.notebook in keys and result.status == "passed":
            keep(result, keys[task.notebook])
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
            results[path][0] = _store(order, path, keys[path], results[path][0])
    return [result for path in chapters for result in results[path]]


def cached(notebook: Path, output: Path, key: str) -> RunResult | None:
    """The result of the earlier run that left `output` behind, if `key` is still the chapter's.

    None too where what it left is damaged.
    """
    record = output.with_suffix(".json")
    if not (output.is_file() and record.is_file()):
        return None
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
        if known["key"] != key:
            return None
        return RunResult(
            notebook.stem,
            "unchanged",
            known["seconds"],
            known["peak_memory_mb"],
            tuple(claims_of(read(output))),
            notebook=output,
            profile=known["profile"],
            seed=known["seed"],
        )
    except DAMAGED:
        # A damaged record or notebook is no result: the chapter runs again and replaces it.
        return None


def keep(result: RunResult, key: str) -> None:
    """Write the record beside an executed notebook by which `cached` knows it again."""
    if result.notebook is None:
        raise ValueError(f"{result.chapter}: there is no executed notebook to keep")
    record = {
        "chapter": result.chapter,
        "key": key,
        "profile": result.profile,
        "seed": result.seed,
        "seconds": round(result.seconds, 1),
        "peak_memory_mb": round(result.peak_memory_mb),
        "python": machine.versions(())["python"],
        "threads": int(environment(result.profile)["OMP_NUM_THREADS"]),
        "claims": {n: result.count(h) for n, h in (("held", True), ("open", None))},
    }
    write_text(result.notebook.with_suffix(".json"), json.dumps(record, indent=2) + "\n")


def _record(order: Order, results: Sequence[RunResult]) -> None:
    """Write results to the book, unless a run did not get to its end.

    One run with changed settings is a trial and leaves no record; runs over seeds are told apart
    by their settings.
    """
    if order.cached or any(result.status != "passed" for result in results):
        return
    if order.seeds:
        record_seeds(order.root, results, order.changes)
    elif order.profile == "full" and not order.changes:
        record_full(order.root, results[0])


def _store(order: Order, path: Path, key: str, result: RunResult) -> RunResult:
    """Refresh the chapter's stored outputs, unless it or the package changed during the run."""
    try:
        now = chapter_key(path, order.profile, root=order.root)
    except DAMAGED:
        now = ""
    if now != key:
        words = "edited during the run, or companion was: not stored; run again"
        return replace(result, status="outdated", error=words)
    write(read(order.output(path)), path)
    return result
