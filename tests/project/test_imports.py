"""What importing costs, and who may import whom."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Imported by the function that needs them, never because a module of ours is loaded.
LATE = {"matplotlib", "sklearn", "tensorflow", "timm", "torchvision", "transformers"}
TIMED = """
import json, sys, time
begun = time.perf_counter()
import companion
print(json.dumps([time.perf_counter() - begun, sorted(sys.modules)]))
"""
PARTS = ("data", "models", "parts", "pretrained", "training", "viz")
LOADED = f"""
import importlib, json, pkgutil, sys
for part in {PARTS}:
    package = importlib.import_module("companion." + part)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(json.dumps(sorted(sys.modules)))
"""
COMMANDS = ("runner", "bench", "doctor")
ABOVE = (*COMMANDS, "lessons", "machine", "__main__")
TRESPASS = {
    "data": ("parts", *ABOVE),
    "parts": ("models", *ABOVE),
    "models": ("training", *ABOVE),
    "training": ("models.vit", *ABOVE),
    "viz": ("parts.blocks", "parts.patches", "parts.positions", "parts.checks", *ABOVE),
    "pretrained": ("data", *ABOVE),
    "lessons": COMMANDS,
}


def run_fresh(code: str) -> list:
    """What a new interpreter prints for this code, as JSON."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return json.loads(done.stdout)


def test_importing_the_package_is_nearly_free() -> None:
    runs = [run_fresh(TIMED) for _ in range(5)]
    assert min(seconds for seconds, _ in runs) < 0.1
    loaded = {name.partition(".")[0] for name in runs[0][1]}
    assert not loaded & (LATE | {"torch", "numpy"})


def test_no_module_of_ours_loads_what_it_may_not_need() -> None:
    loaded = {name.partition(".")[0] for name in run_fresh(LOADED)}
    assert "torch" in loaded
    assert sorted(loaded & LATE) == []


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of pyproject.toml on the package that lies in `folder`."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(program), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    shutil.copy2(root / "pyproject.toml", tmp_path)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "companion", tmp_path / "companion", ignore=ignore)
    return tmp_path


def test_imports_keep_to_their_directions(copy: Path) -> None:
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_trespass_is_caught(copy: Path) -> None:
    # All at once, each in a module of its own: the linter reads the whole package every time.
    planted = []
    for part, imports in TRESPASS.items():
        for name in imports:
            module = f"trespass_{name.replace('.', '_')}"
            planted.append(f"companion.{part}.{module} -> companion.{name} ")
            text = f'"""A planted mistake."""\n\nimport companion.{name}\n'
            (copy / "companion" / part / f"{module}.py").write_text(text)
    done = lint_imports(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert [line for line in planted if line not in done.stdout] == []
