"""Executes several chapters at a time, of which one may fail without stopping the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companion.runner.execution import RunResult, environment, execute

# Seconds a chapter may take before it is stopped: a machine may be many times slower than ours.
TIME_LIMITS = {"smoke": 600.0, "book": 1800.0, "full": 12 * 3600.0}


@dataclass(frozen=True)
class Task:
    """One chapter to execute, with where to and how."""

    notebook: Path
    output: Path
    profile: str
    seed: int | None = None
    timeout: float = 0.0
    kernel: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    root: Path | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What papermill injects; without a seed of its own, a task keeps the notebook's."""
        return {"PROFILE": self.profile} | ({} if self.seed is None else {"SEED": self.seed})


def run_all(
    tasks: Sequence[Task],
    *,
    jobs: int = 1,
    on_cell: Callable[[Task, int, int], None] | None = None,
    on_end: Callable[[Task, RunResult], None] | None = None,
) -> list[RunResult]:
    """Execute every task, `jobs` at a time, and return their results in order.

    An interrupt (Ctrl-C) kills the running kernels; what they did, and what had not begun, is
    returned as interrupted. `on_end` is called as each ends.
    """
    stop = threading.Event()

    def one(task: Task) -> RunResult:
        if stop.is_set():
            return _without_run(task, "interrupted")
        result = execute(
            task.notebook,
            task.output,
            parameters=task.parameters,
            timeout=task.timeout or TIME_LIMITS[task.profile],
            kernel=task.kernel,
            root=task.root,
            variables=task.environment or environment(task.profile),
            on_cell=None if on_cell is None else lambda done, of: on_cell(task, done, of),
            stop=stop,
        )
        if on_end is not None:
            on_end(task, result)
        return result

    futures: list[Future[RunResult]] = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            futures += [pool.submit(one, task) for task in tasks]
            # With a timeout, because Windows does not deliver an interrupt to a longer wait.
            while wait(futures, timeout=0.5).not_done:
                pass
        except KeyboardInterrupt:
            stop.set()
            wait(futures)
    results = []
    for task, future in zip(tasks, futures, strict=True):
        error = future.exception()
        words = f"{type(error).__name__}: {error}"
        results.append(_without_run(task, "failed", words) if error else future.result())
    return results


def _without_run(task: Task, status: str, error: str = "") -> RunResult:
    return RunResult(task.notebook.stem, status, error=error, profile=task.profile, seed=task.seed)
