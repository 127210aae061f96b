"""What the tests of chapters and site share: the scripts, a chapter in small, the executed book."""

import copy
import functools
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from companion.records.machine import cores

ROOT = Path(__file__).resolve().parents[2]
JOBS = cores()  # a chapter takes one thread
sys.path.insert(0, str(ROOT / "scripts"))


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "x", "metadata": {}, "source": lines(text)}


def code(text: str, *tags: str, **metadata: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": "x", "execution_count": None, "outputs": []}
    metadata = {"tags": list(tags), **metadata} if tags else metadata
    return {**cell, "metadata": metadata, "source": lines(text)}


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


CLAIM = """\
two = 1 + 1
lesson.claim(
    "One and one", source="Peano 1889", measured=two, holds=equals(2)
)"""
IMPORTS = """\
import inspect

from torch.testing import assert_close

from companion.lessons import CheckResult, Lesson, equals, exercise

lesson = Lesson(PROFILE, SEED)"""
CHECK = """\
@exercise("00.1 Two")
def check_two(attempt):
    assert attempt == 2, "You gave something else than two."
    return "Two it is.\""""
FIGURE = """\
import matplotlib.pyplot as plt

_ = plt.figure(figsize=(1, 1)), plt.plot([0, 1])"""
SOLUTION = """\
<details><summary>Solution</summary>

```python
my_two = 1 + 1
```

</details>"""
EXECUTE = """\
import sys
from pathlib import Path

from companion import runner

source, target = map(Path, sys.argv[1:])
print(runner.execute(source, target, parameters={}, timeout=300))"""
ALT = {"image": {"alt": "A line that rises from the lower left to the upper right"}}


@pytest.fixture(scope="session")
def unrun_chapter() -> dict[str, Any]:
    """A chapter in small that keeps every rule but that of being executed."""
    from setup_cell import setup_cell

    tried = [markdown("### Exercise"), code("my_two = None\ncheck_two(my_two)", "exercise")]
    cells = [
        markdown("# A chapter in small\n\nA second on a CPU."),
        code(setup_cell("", "main"), "setup"),
        code('PROFILE = "book"\nSEED = 0', "parameters"),
        code(IMPORTS, "imports"),
        code('row = dict(smoke=1, book=2, full=3)\nsizes = lesson.settings({"size": row})'),
        markdown("## Naive first"),
        code("total = 1 + 1\nassert_close(total, sum([1, 1]))\ntotal"),
        code("print(inspect.getsource(CheckResult)[:24])"),
        code(CLAIM, "nbval-ignore-output"),
        code(FIGURE, mystnb=ALT),
        markdown("## What to remember\n\nOne and one is two."),
        markdown("## Exercises"),
        code(CHECK),
        *(cell for _ in range(3) for cell in (*copy.deepcopy(tried), markdown(SOLUTION))),
        markdown("## References\n\n- Peano 1889."),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="session")
def kernel_environment() -> dict[str, str]:
    """The environment for a process that starts kernels: figures shown, no bars, nothing online."""
    hidden = {"MPLBACKEND", "COMPANION_DATA", "COMPANION_SET", "COMPANION_CLAIMS"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, "TQDM_DISABLE": "1"}


@pytest.fixture(scope="session")
def small_chapter(
    unrun_chapter: dict[str, Any],
    kernel_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """The chapter in small, executed."""
    folder = tmp_path_factory.mktemp("small")
    written = folder / "00_small.ipynb"
    written.write_text(json.dumps(unrun_chapter))
    command = [sys.executable, "-c", EXECUTE, str(written), str(folder / "out.ipynb")]
    done = subprocess.run(
        command, capture_output=True, text=True, env=kernel_environment, check=False
    )
    assert (folder / "out.ipynb").is_file(), done.stdout + done.stderr
    executed: dict[str, Any] = json.loads((folder / "out.ipynb").read_text())
    return executed


@pytest.fixture(scope="session")
def executed_book(kernel_environment: dict[str, str]) -> dict[str, Path]:
    """Every chapter's name -> the notebook that `make book` executes, executed again if stale."""
    command = [sys.executable, "-m", "companion", "run", "--cached", "--jobs", str(JOBS)]
    done = subprocess.run(
        command, cwd=ROOT, env=kernel_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    folder = ROOT / "_build" / "executed"
    return {path.stem: folder / path.name for path in chapters()}


@pytest.fixture(scope="session")
def site(executed_book: dict[str, Path]) -> Path:
    """The folder of the built site, built again if stale."""
    build = [sys.executable, str(ROOT / "scripts" / "site" / "build.py")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "_build" / "html"


class Silent(http.server.SimpleHTTPRequestHandler):
    """A server of files that does not tell of each request."""

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the built site is served on this machine."""
    handler = functools.partial(Silent, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def chapters() -> Iterator[Path]:
    """The chapters that exist, in the order of reading."""
    yield from sorted((ROOT / "book").glob("[0-9]*.ipynb"))


def changed_chapters() -> dict[Path, list[str]]:
    """The chapters of which something changed since their outputs were stored, and what."""
    from companion.runner import changed_since_stored

    found = {path: changed_since_stored(path, ROOT) for path in chapters()}
    return {path: names for path, names in found.items() if names}


def due_chapters(known: list[Path], changed: Iterable[Path], day: int) -> list[Path]:
    """The chapters that changed, and two others, which take turns from day to day."""
    others = [path for path in known if path not in changed]
    start = 2 * day % len(others) if others else 0
    turn = [*others[start:], *others[:start]][:2]
    return [path for path in known if path in changed or path in turn]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `chapter` runs once for each, one that takes `due` for those in turn."""
    known = list(chapters())
    if "due" in metafunc.fixturenames:
        today = datetime.now(UTC).date().toordinal()
        due = due_chapters(known, changed_chapters(), today)
        metafunc.parametrize("due", due, ids=[path.stem for path in due])
    if "chapter" in metafunc.fixturenames:
        metafunc.parametrize("chapter", known, ids=[path.stem for path in known])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says of which chapters the stored outputs are older than what they depend on."""
    for path, names in changed_chapters().items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        terminalreporter.write_line(
            f"{path.stem} was stored before these changed: {', '.join(names[:3])}{more}; "
            "`make notebooks` stores it anew"
        )
    results = ROOT / "book" / "results" / "confirmed"
    untried = [p.stem for p in chapters() if not (results / f"{p.stem}.json").is_file()]
    if untried:
        terminalreporter.write_line(
            f"claims not tried on new seeds: {', '.join(untried)}; `run --seeds 3 4 5 --confirm`"
        )
