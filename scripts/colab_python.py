"""Finds the Python that Colab has. Standard library only."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from uv_tool import find_uv

VERSION = "3.13"


def find_python() -> Path | None:
    """The first working Python 3.13: `COLAB_PYTHON`, the PATH, pyenv's versions, then uv's own."""
    return next(filter(None, map(working_python, candidates())), None)


def candidates() -> Iterator[str]:
    """Where a Python 3.13 may lie, likeliest first; a candidate need not exist or work."""
    yield os.environ.get("COLAB_PYTHON", "")
    yield shutil.which(f"python{VERSION}") or ""
    for root in (os.environ.get("PYENV_ROOT", ""), str(Path.home() / ".pyenv")):
        if root:
            for version in sorted(Path(root, "versions").glob(f"{VERSION}.*"), reverse=True):
                yield str(version / "bin" / "python")
    if uv := find_uv(Path(__file__).resolve().parents[1]):
        yield run_quietly([uv, "python", "find", VERSION]) or ""


def working_python(candidate: str) -> Path | None:
    """The executable behind a candidate, which may be a shim that refuses to run."""
    if not candidate:
        return None
    code = f"import sys; sys.version.startswith('{VERSION}.') and print(sys.executable)"
    answer = run_quietly([candidate, "-I", "-c", code])
    return Path(answer) if answer else None


def run_quietly(command: list[str]) -> str | None:
    """What a command prints, or None where it cannot be run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
