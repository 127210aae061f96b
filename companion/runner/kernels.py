"""A chapter's kernel: which one it is, how it ends, and a watch over its memory and its time."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

import psutil
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from companion.runner import recorder

EVERY = 0.1  # seconds between two looks at a kernel
GRACE = 5.0  # seconds that an interrupted cell has to end by itself
LOG_LINES = 12  # of what a kernel wrote before it died


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
                with suppress(psutil.Error):
                    kernel.send_signal(signal.SIGINT)
            elif interrupted is not None and now - interrupted > GRACE:
                break
        kill_tree(kernel)


class OwnKernel(KernelSpecManager):  # type: ignore[misc]
    """Knows one kernel, whatever name is asked for: this very Python, begun by the recorder."""

    def __init__(self, root: Path | None, reads: Path) -> None:
        super().__init__()
        begin = ["-m", "ipykernel_launcher"]
        if root is not None:
            # -P: the recorder's folder is not one to import from.
            begin = ["-P", recorder.__file__, str(root.resolve()), str(reads)]
        argv = [sys.executable, *begin, "--log-level=40", "-f", "{connection_file}"]
        self._own = KernelSpec(argv=argv, display_name="Python 3", language="python")

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002 - there is but one
        """The kernel's specification."""
        return self._own


class Place(NamedTuple):
    """Where a kernel lives: its folder, its variables, its log, and where it notes its reads."""

    folder: Path
    variables: Mapping[str, str]
    log: IO[str]
    root: Path | None
    reads: Path


def run_cells(
    book: Any, kernel: str | None, place: Place, watch: Watch, on_cell: Callable[[int, int], None]
) -> str:
    """Execute a notebook in place; what went wrong, in words, or nothing.

    `kernel` names one of Jupyter's; None is our own, whatever an editor wrote into the notebook.
    """

    def executed(cell_index: int, execute_reply: Any, **_: Any) -> None:
        sent = execute_reply["content"].get("payload", ())
        if any(payload["source"] == "ask_exit" for payload in sent):
            raise ValueError("the cell asks the kernel to end, so that no cell after it may count")
        on_cell(cell_index + 1, len(book.cells))

    known = KernelSpecManager() if kernel else OwnKernel(place.root, place.reads)
    manager = AsyncKernelManager(kernel_name=kernel or "python3", kernel_spec_manager=known)
    client = NotebookClient(
        book,
        manager,
        timeout=None,
        startup_timeout=120,
        # A tag must not turn a failure, or a cell that never ran, into success.
        force_raise_errors=True,
        skip_cells_with_tag="",
        record_timing=False,
        on_notebook_start=lambda notebook: watch.begin(_process(manager).pid),  # noqa: ARG005
        on_cell_executed=executed,
    )
    own = {"env": dict(place.variables), "cwd": str(place.folder)}
    try:
        # Not `execute`, which takes over the signals of the process that runs the notebooks.
        with client.setup_kernel(cleanup_kc=True, stdout=place.log, stderr=place.log, **own):
            for index, cell in enumerate(book.cells):
                client.execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
    except CellExecutionError as error:
        return f"In [{client.code_cells_executed}]: {error.ename}: {error.evalue}".rstrip(": ")
    except NoSuchKernel:
        return f"there is no kernel {kernel!r} here: leave --kernel out to use our own"
    except Exception as error:
        # A kernel that died, a full disk: one chapter's failure.
        count = client.code_cells_executed
        cell = f"In [{count}]" if count else "at the start"
        if watch.reason:
            return cell
        place.log.seek(0)
        last = "\n".join(place.log.read().splitlines()[-LOG_LINES:])
        return f"{cell}: {_end_of(manager) or f'{type(error).__name__}: {error}'}\n{last}".rstrip()
    finally:
        watch.end()
        # The client leaves this thread's event loop open; with a thread a chapter, they add up.
        loop = ensure_event_loop()
        if not loop.is_running():
            loop.close()
    return ""


def _process(manager: AsyncKernelManager) -> Any:
    return getattr(manager.provisioner, "process", None)


def _end_of(manager: AsyncKernelManager) -> str:
    """How the kernel's process ended; empty where it runs, or never began."""
    process = _process(manager)
    status = None if process is None else process.poll()
    if status is None:
        return ""
    if status >= 0:
        return f"the kernel ended itself with exit status {status}"
    name = next((known.name for known in signal.Signals if known == -status), "unknown")
    memory = ", often for want of memory" if name == "SIGKILL" else ""
    return f"the kernel died of signal {-status} ({name}){memory}"


def memory_mb(kernel: psutil.Process) -> float:
    """Resident memory of a process and its children in megabytes, 0 where it has ended."""
    total = 0
    with suppress(psutil.Error):
        for process in (kernel, *kernel.children(recursive=True)):
            with suppress(psutil.Error):
                total += process.memory_info().rss
    return total / 1e6


def kill_tree(kernel: psutil.Process) -> None:
    """Kill a process and its children, and wait until they are gone."""
    with suppress(psutil.Error):
        family = [*kernel.children(recursive=True), kernel]
        for process in family:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(family, timeout=GRACE)
