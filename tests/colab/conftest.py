"""Colab's environment, made once a session, and the chapters."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

# A network of its own, with the loopback interface, over which a kernel and its client talk.
ISOLATED = (
    "unshare",
    "--map-root-user",
    "--net",
    "sh",
    "-c",
    'ip link set lo up && exec "$@"',
    "sh",
)
# What a chapter must not see of whoever runs the tests.
HIDDEN = ("COMPANION_DATA", "COMPANION_SET", "COMPANION_CLAIMS", "MPLBACKEND", "PYTHONPATH")
SMOKE = """
import sys
from pathlib import Path
from companion import runner

notebook, output = map(Path, sys.argv[1:3])
given = {"parameters": {"PROFILE": "smoke"}, "kernel": sys.argv[3] or None}
result = runner.execute(notebook, output, timeout=1800, **given)
print(result.status, result.error)
sys.exit(not result.passed)
"""


class Colab(NamedTuple):
    """The environment's Python, and why there is none where it is None."""

    python: Path | None
    reason: str


@pytest.fixture(scope="session")
def colab_or_reason() -> Colab:
    """Colab's environment brought up to date; a failure that is not a missing tool is an error."""
    command = [sys.executable, str(ROOT / "scripts" / "colab.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        return Colab(None, done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    return Colab(Path(done.stdout.removeprefix("colab: ").strip()), "")


@pytest.fixture(scope="session")
def colab(colab_or_reason: Colab) -> Path:
    """The Python of Colab's environment; the test is skipped where there is none."""
    if colab_or_reason.python is None:
        pytest.skip(colab_or_reason.reason)
    return colab_or_reason.python


@pytest.fixture(scope="session")
def isolated() -> tuple[str, ...]:
    """What to begin a command with so that it has no network; nothing where that cannot be."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return ()
    tried = subprocess.run([*ISOLATED, "true"], capture_output=True, check=False)
    return () if tried.returncode else ISOLATED


Smoke = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def smoke(isolated: tuple[str, ...]) -> Smoke:
    """Runs a notebook in `smoke` in a kernel, ours by default, without a network if it can be."""
    known = {**os.environ, "JUPYTER_PATH": str(ROOT / ".venv-colab" / "share" / "jupyter")}

    def run(
        notebook: Path, kernel: str, folder: Path, *, network: bool = False, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        command = [*([] if network else isolated), sys.executable, "-c", SMOKE]
        seen = {name: v for name, v in {**known, **variables}.items() if name not in HIDDEN}
        return subprocess.run(
            [*command, str(notebook), str(folder / "executed.ipynb"), kernel],
            cwd=folder,
            env=seen,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes a notebook of a parameters cell and these sources."""
    import nbformat.v4 as v4

    def write(*sources: str) -> Path:
        notebook = v4.new_notebook()
        for source in ('PROFILE = "book"\nSEED = 0', *sources):
            notebook.cells.append(v4.new_code_cell(source))
        notebook.cells[0].metadata["tags"] = ["parameters"]
        (tmp_path / "00_probe.ipynb").write_text(json.dumps(notebook))
        return tmp_path / "00_probe.ipynb"

    return write


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `chapter` runs once for each."""
    if "chapter" in metafunc.fixturenames:
        found = sorted((ROOT / "book").glob("[0-9]*.ipynb"))
        metafunc.parametrize("chapter", found, ids=[path.stem for path in found])
