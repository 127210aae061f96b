"""Executes one chapter: in a fresh kernel, in an empty folder, within a time limit."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from companion.lessons.claims import claims_of, validate
from companion.lessons.curves import curves_of
from companion.records import machine
from companion.runner.notebooks import clean, read, write

LOG_LINES = 12  # of what a kernel wrote before it died


@dataclass(frozen=True)
class RunResult:
    """How a chapter's run went.

    `status` is passed, failed, timed out, interrupted, unchanged, or outdated (edited during the
    run, so not stored); `notebook` is where the executed one lies, after a failure as far as it
    came.
    """

    chapter: str
    status: str
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    claims: tuple[dict[str, Any], ...] = ()
    error: str = ""
    notebook: Path | None = None
    profile: str = "book"
    seed: int | None = None
    curves: tuple[dict[str, Any], ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing went wrong: executed, or unchanged, and no claim failed."""
        return self.status in ("passed", "unchanged") and not self.count(False)

    def count(self, held: bool | None) -> int:
        """How many claims held (True), failed (False) or were not judged (None)."""
        return sum(claim["held"] is held for claim in self.claims)


def environment(
    profile: str, changed: Mapping[str, str] | None = None, *, record: bool = False
) -> dict[str, str]:
    """The environment variables of a chapter's kernel, on top of this process's own.

    `changed` holds settings to change by name; with `record`, measured claims that fail do not
    stop the chapter.
    """
    threads = os.environ.get("COMPANION_THREADS") or str(
        machine.cores() if profile == "full" else 1
    )
    variables = {
        "TQDM_DISABLE": "1",
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": threads,
        "TOKENIZERS_PARALLELISM": "false",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "COMPANION_SET": json.dumps(dict(changed)) if changed else "",
        "COMPANION_CLAIMS": "record" if record else "",
    }
    if os.environ.get("COMPANION_DATA"):
        # The kernel runs in another folder, where a relative path would lead nowhere.
        variables["COMPANION_DATA"] = str(
            Path(os.environ["COMPANION_DATA"]).expanduser().absolute()
        )
    return variables


def execute(
    notebook: Path,
    output: Path,
    *,
    parameters: Mapping[str, Any],
    timeout: float,
    kernel: str | None = None,
    cwd: Path | None = None,
    on_cell: Callable[[int, int], None] | None = None,
    variables: Mapping[str, str] | None = None,
    stop: threading.Event | None = None,
) -> RunResult:
    """Execute `notebook` with `parameters` and write it, cleaned, to `output`.

    The kernel works in `cwd`, by default an empty folder that is gone afterwards, and sees
    `variables` (see `environment`) beside this process's own. `on_cell(done, cells)` is called
    after each cell. After a failure the notebook is kept, as far as it came, in a folder `failed`
    beside `output`, which is left as it was. Setting `stop` kills the kernel.

    Raises:
        ValueError: the notebook does not exist, or has parameters but no cell for them.
    """
    from companion.runner.kernels import KernelOptions, Watch

    _check(notebook, parameters)
    watch = Watch(timeout, stop or threading.Event())
    begun = time.monotonic()
    # The kernel's scratch files may outlive it by a moment on Windows.
    with tempfile.TemporaryDirectory(prefix="chapter-", ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        folder = cwd or scratch / "empty"
        folder.mkdir(exist_ok=True)
        given = environment(parameters.get("PROFILE", "book")) if variables is None else variables
        # A reader's own IPython start-up files must not change what a chapter does.
        own = os.environ | dict(given) | {"IPYTHONDIR": str(scratch / "ipython")}
        with (scratch / "kernel.log").open("w+", encoding="utf-8", errors="replace") as log:
            options = KernelOptions(folder, own, log, watch.begin, on_cell or (lambda *_: None))
            try:
                error = _papermill(notebook, scratch / "raw.ipynb", parameters, kernel, options)
            finally:
                watch.end()
        seconds = time.monotonic() - begun
        if watch.reason:
            error = f"stopped after {seconds:.0f} s" + (f" in {error}" if error else "")
        return _finish(
            RunResult(
                notebook.stem,
                watch.reason or ("failed" if error else "passed"),
                seconds,
                watch.peak_memory_mb,
                error=error,
                profile=parameters.get("PROFILE", "book"),
                seed=parameters.get("SEED"),
            ),
            scratch / "raw.ipynb",
            output,
        )


def _finish(result: RunResult, raw: Path, output: Path) -> RunResult:
    """Put the executed notebook where it belongs, and read its claims and curves."""
    kept = output.parent / "failed" / output.name
    if not raw.is_file():
        return result
    executed = clean(read(raw))
    claims = tuple(claims_of(executed))
    seed = claims[0]["seed"] if result.seed is None and claims else result.seed
    result = replace(result, claims=claims, seed=seed, curves=tuple(curves_of(executed)))
    unsound = _unsound(claims)
    if result.status == "passed" and not unsound:
        write(executed, output)
        kept.unlink(missing_ok=True)
        return replace(result, notebook=output)
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(raw, kept)
    if result.status == "passed":
        result = replace(result, status="failed", error=unsound)
    return replace(result, notebook=kept)


def _papermill(
    notebook: Path, raw: Path, parameters: Mapping[str, Any], kernel: str | None, options: Any
) -> str:
    """Run papermill; what went wrong, in words, or nothing."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from companion.runner.kernels import ENGINE

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    own = read(notebook).metadata.get("kernelspec", {}).get("name", "python3")
    try:
        papermill.execute_notebook(
            notebook,
            raw,
            parameters=dict(parameters),
            engine_name=ENGINE,
            kernel_name=kernel or own,
            language="python",
            progress_bar=False,
            options=options,
        )
    except PapermillExecutionError as error:
        return f"In [{error.exec_count}]: {error.ename}: {error.evalue}".rstrip(": ")
    except Exception as error:
        # A dead kernel, a kernel that is not installed, a full disk: one chapter's failure.
        options.log.seek(0)
        last = "\n".join(options.log.read().splitlines()[-LOG_LINES:])
        return f"{type(error).__name__}: {error}\n{last}".rstrip()
    return ""


def _check(notebook: Path, parameters: Mapping[str, Any]) -> None:
    if not notebook.is_file():
        raise ValueError(f"there is no notebook {notebook}")
    tags = [tag for cell in read(notebook).cells for tag in cell.metadata.get("tags", [])]
    if parameters and "parameters" not in tags:
        raise ValueError(f"{notebook.name}: no cell is tagged `parameters`, so none could be set")


def _unsound(claims: Sequence[Mapping[str, Any]]) -> str:
    try:
        # Recorded failures are the business of `RunResult.passed`, not a defect of the record.
        validate([claim for claim in claims if claim["held"] is not False])
    except ValueError as error:
        return str(error)
    return ""
