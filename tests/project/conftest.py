"""What the tests of the project around the package share: its files, and its set-up scripts."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def script(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import one of scripts/ by name, as the scripts import each other."""
    monkeypatch.setattr(sys, "path", [str(root / "scripts"), *sys.path])

    def load(name: str) -> ModuleType:
        module = importlib.import_module(name)
        assert Path(module.__file__ or "").parent == root / "scripts"
        return module

    return load


@pytest.fixture(scope="session")
def project_files(root: Path) -> list[Path]:
    """Every file that is or would be committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    paths = [root / name for name in sorted(set(listed.split("\0"))) if name]
    return [path for path in paths if path.is_file()]
