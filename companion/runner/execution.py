"""Executes one chapter: in a fresh kernel, in an empty folder, within a time limit."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from companion.lessons.claims import claims_of, validate
from companion.lessons.curves import curves_of
from companion.records import machine
from companion.runner.inputs import begin_record, end_record
from companion.runner.notebooks import clean, with_parameters, write


@dataclass(frozen=True)
class RunResult:
    """How a chapter's run went.

    `status` is passed, failed, timed out, interrupted, unchanged, or outdated (edited during the
    run, so not stored); `notebook` is where the executed one lies, after a failure as far as it
    came; `record` is what it depends on (see `inputs`), where that was noted.
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
    record: dict[str, Any] = field(default_factory=dict)

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
    root: Path | None = None,
    cwd: Path | None = None,
    on_cell: Callable[[int, int], None] | None = None,
    variables: Mapping[str, str] | None = None,
    stop: threading.Event | None = None,
) -> RunResult:
    """Execute `notebook` with `parameters` and write it, cleaned, to `output`.

    It runs in this very Python, or in the Jupyter kernel that `kernel` names, in the folder `cwd`,
    by default an empty one that is gone afterwards, and sees `variables` (see `environment`) beside
    this process's own. With `root`, what our own kernel reads below it is noted. After each code
    cell comes `on_cell(done, cells)`. After a failure the notebook is kept, as far as it came, in a
    folder `failed` beside `output`, which is left as it was. Setting `stop` kills the kernel.

    Raises:
        ValueError: the notebook does not exist, or has parameters but no cell for them.
    """
    from companion.runner.kernels import Place, Watch, run_cells

    if not notebook.is_file():
        raise ValueError(f"there is no notebook {notebook}")
    record = begin_record(notebook, root) if root else {}
    book = with_parameters(notebook, parameters)
    watch = Watch(timeout, stop or threading.Event())
    profile = parameters.get("PROFILE", "book")
    # The kernel's scratch files may outlive it by a moment on Windows.
    with tempfile.TemporaryDirectory(prefix="chapter-", ignore_cleanup_errors=True) as name:
        scratch, begun = Path(name), time.monotonic()
        folder = cwd or scratch / "empty"
        folder.mkdir(exist_ok=True)
        given = environment(profile) if variables is None else variables
        # A reader's own IPython start-up files must not change what a chapter does.
        own = os.environ | dict(given) | {"IPYTHONDIR": str(scratch / "ipython")}
        with (scratch / "kernel.log").open("w+", encoding="utf-8", errors="replace") as log:
            place = Place(folder, own, log, root, scratch / "reads")
            error = run_cells(book, kernel, place, watch, on_cell or (lambda *_: None))
        seconds = time.monotonic() - begun
        if record:
            record = end_record(record, scratch / "reads")
    if watch.reason:
        error = f"stopped after {seconds:.0f} s in {error}"
    result = RunResult(
        notebook.stem,
        watch.reason or ("failed" if error else "passed"),
        seconds,
        watch.peak_memory_mb,
        error=error,
        profile=profile,
        seed=parameters.get("SEED"),
        record=record,
    )
    return _finish(result, book, output)


def _finish(result: RunResult, book: Any, output: Path) -> RunResult:
    """Put the executed notebook where it belongs, and read its claims and curves."""
    executed = clean(book)
    claims = tuple(claims_of(executed))
    seed = claims[0]["seed"] if result.seed is None and claims else result.seed
    result = replace(result, claims=claims, seed=seed, curves=tuple(curves_of(executed)))
    if result.status == "passed":
        try:
            # Recorded failures are the business of `RunResult.passed`, not a defect of the record.
            validate([claim for claim in claims if claim["held"] is not False])
        except ValueError as error:
            result = replace(result, status="failed", error=str(error))
    kept = output.parent / "failed" / output.name
    if result.status != "passed":
        write(book, kept)
        return replace(result, notebook=kept)
    write(executed, output)
    kept.unlink(missing_ok=True)
    return replace(result, notebook=output)
