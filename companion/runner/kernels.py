"""A chapter's kernel: its environment, and a watch over its memory, its time and its end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import psutil
from jupyter_core.utils import ensure_event_loop, run_sync
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

EVERY = 0.1  # seconds between two looks at a kernel
GRACE = 5.0  # seconds that an interrupted cell has to end by itself
ENGINE = "companion"


class Watch:
    """Looks at one kernel from another thread: peak memory, time limit, wish to stop.

    At the time limit the running cell is interrupted, so that the notebook shows where it was; a
    kernel that goes on is killed with its children. `reason` says why, and is empty where the
    kernel ended by itself.
    """

    def __init__(self, timeout: float, stop: threading.Event) -> None:
        self.peak_memory_mb = 0.0
        self.reason = ""
        self._timeout = timeout
        self._stop = stop
        self._over = threading.Event()
        self._started = time.monotonic()
        self._thread: threading.Thread | None = None

    def begin(self, pid: int) -> None:
        """Watch the kernel with this process id."""
        self._thread = threading.Thread(target=self._look, args=(psutil.Process(pid),), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop watching; a kernel that still runs is killed."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self, kernel: psutil.Process) -> None:
        interrupted = None
        while not self._over.wait(EVERY):
            now = time.monotonic()
            self.peak_memory_mb = max(self.peak_memory_mb, memory_mb(kernel))
            if self._stop.is_set():
                self.reason = "interrupted"
                break
            if interrupted is None and now - self._started > self._timeout:
                self.reason, interrupted = "timed out", now
                if os.name != "posix":
                    break
                _quietly(kernel.send_signal, signal.SIGINT)
            elif interrupted is not None and now - interrupted > GRACE:
                break
        kill_tree(kernel)


class KernelOptions(NamedTuple):
    """How a chapter's kernel is started and who hears of it."""

    folder: Path
    environment: Mapping[str, str]
    log: IO[str]
    started: Callable[[int], None]
    on_cell: Callable[[int, int], None]


class ChapterClient(PapermillNotebookClient):  # type: ignore[misc]
    """Papermill's client with an environment and a folder of its own for each kernel."""

    def __init__(self, manager: Any, options: KernelOptions, **settings: Any) -> None:
        super().__init__(manager, on_cell_complete=self._cell_done, **settings)
        self._options = options

    async def async_start_new_kernel(self, **settings: Any) -> None:
        """Start the kernel and report its process id."""
        options = self._options
        settings |= {"env": dict(options.environment), "cwd": str(options.folder)}
        settings |= {"stdout": options.log, "stderr": options.log}
        await super().async_start_new_kernel(**settings)
        options.started(self.km.provisioner.pid)

    # nbclient's synchronous name for it is bound to its own coroutine, not to the one above.
    def start_new_kernel(self, **settings: Any) -> None:
        """Start the kernel and report its process id."""
        run_sync(self.async_start_new_kernel)(**settings)

    def _cell_done(self, cell: Any, cell_index: int) -> None:  # noqa: ARG002 - nbclient's hook
        self._options.on_cell(cell_index + 1, len(self.nb.cells))


class ChapterEngine(NBClientEngine):  # type: ignore[misc]
    """The papermill engine that starts a `ChapterClient`."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **settings: Any) -> None:
        """Execute the notebook; `options` comes through papermill from `runner.execute`."""
        client = ChapterClient(
            nb_man,
            settings["options"],
            kernel_name=kernel_name,
            timeout=None,
            startup_timeout=120,
        )
        try:
            client.execute()
        finally:
            # The client leaves this thread's event loop open; with a thread a chapter, they add up.
            loop = ensure_event_loop()
            if not loop.is_running():
                loop.close()


papermill_engines.register(ENGINE, ChapterEngine)


def memory_mb(kernel: psutil.Process) -> float:
    """Resident memory of a process and its children in megabytes, 0 where it has ended."""
    try:
        family = [kernel, *kernel.children(recursive=True)]
    except psutil.Error:
        return 0.0
    total = 0
    for process in family:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / 1e6


def kill_tree(kernel: psutil.Process) -> None:
    """Kill a process and its children, and wait until they are gone."""
    try:
        family = [*kernel.children(recursive=True), kernel]
    except psutil.Error:
        return
    for process in family:
        _quietly(process.kill)
    psutil.wait_procs(family, timeout=GRACE)


def _quietly(call: Callable[..., Any], *args: Any) -> None:
    try:
        call(*args)
    except (psutil.Error, OSError):
        return
