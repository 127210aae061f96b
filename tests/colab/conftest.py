"""Colab's environment, made once a session, and the chapters."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))


class Colab(NamedTuple):
    """The environment's Python, and why there is none where it is None."""

    python: Path | None
    reason: str


@pytest.fixture(scope="session")
def colab_or_reason() -> Colab:
    """Colab's environment brought up to date; a failure that is not a missing tool is an error."""
    command = [sys.executable, str(ROOT / "scripts" / "colab.py"), "setup"]
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


@pytest.fixture
def outside() -> dict[str, str]:
    """An environment in which Colab's kernel is known and nothing of this repository is."""
    hidden = ("PYTHONPATH", "MPLBACKEND", "COMPANION_DATA")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, "JUPYTER_PATH": str(ROOT / ".venv-colab" / "jupyter")}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `chapter` runs once for each."""
    if "chapter" in metafunc.fixturenames:
        found = sorted((ROOT / "book").glob("[0-9]*.ipynb"))
        metafunc.parametrize("chapter", found, ids=[path.stem for path in found])
