"""What importing costs, and who may import whom."""

import importlib
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

# Imported by the function that needs them, never because a module of ours is loaded.
LATE = {
    *("keras", "matplotlib", "sklearn", "tensorflow", "tf_keras", "timm", "torchvision"),
    "transformers",
}
NEW = """
import json, sys
before = set(sys.modules)
import companion
print(json.dumps(sorted(set(sys.modules) - before)))
"""
PARTS = (
    *("cost", "data", "frameworks", "inspection", "models", "parts", "pretrained", "training"),
    "viz",
)
LOADED = f"""
import importlib, json, pkgutil, sys
for part in {PARTS}:
    package = importlib.import_module("companion." + part)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(json.dumps(sorted(sys.modules)))
"""


def layers(folder: Path) -> list[list[str]]:
    """The rooms from top to bottom, those of one line together, as pyproject.toml orders them."""
    (contract,) = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    return [line.split(" | ") for line in contract["layers"]]


def run_fresh(code: str) -> list:
    """What a new interpreter prints for this code, as JSON."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_the_package_is_nearly_free() -> None:
    # Counted and not timed: this is the same on every machine, however busy.
    new = run_fresh(NEW)
    ours = [name for name in new if name.partition(".")[0] == "companion"]
    assert len(ours) <= 2
    assert {name.partition(".")[0] for name in new} - {"companion"} <= sys.stdlib_module_names
    assert len(new) < 60


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
        check=False,
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
    order = layers(copy)
    for depth, line in enumerate(order):
        for room in (room for room in line if (copy / "companion" / room).is_dir()):
            beside = [other for other in line if other != room]
            for other in [name for above in order[:depth] for name in above] + beside:
                module = f"trespass_{other.strip('_')}"
                planted.append(f"companion.{room}.{module} -> companion.{other} ")
                text = f'"""A planted mistake."""\n\nimport companion.{other}\n'
                (copy / "companion" / room / f"{module}.py").write_text(text)
    assert len(planted) > 60
    done = lint_imports(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert [line for line in planted if line not in done.stdout] == []


@pytest.mark.parametrize("path", ["attic.py", "attic/__init__.py"])
def test_a_room_that_nobody_ordered_is_refused(copy: Path, path: str) -> None:
    new = copy / "companion" / path
    new.parent.mkdir(exist_ok=True)
    new.write_text('"""A room that stands in no layer."""\n')
    done = lint_imports(copy)
    assert done.returncode == 1
    assert "attic" in done.stdout + done.stderr


def test_a_room_gives_what_its_stub_names(root: Path) -> None:
    for stub in sorted((root / "companion").glob("*/__init__.pyi")):
        room = importlib.import_module(f"companion.{stub.parent.name}")
        for name in room.__all__:
            assert getattr(room, name) is not None
            assert not isinstance(getattr(room, name), ModuleType), name
        assert set(room.__all__) <= set(dir(room))


def test_a_name_stays_what_it_is_when_its_module_is_imported() -> None:
    code = (
        "import json, importlib, companion.training as room; "
        "module = importlib.import_module('companion.training.fit'); "
        "print(json.dumps([callable(room.fit), room.fit is module.fit]))"
    )
    assert run_fresh(code) == [True, True]


def test_a_name_that_a_room_lacks_is_an_error() -> None:
    with pytest.raises(AttributeError, match=r"companion\.viz.*'frobnicate'"):
        importlib.import_module("companion.viz").frobnicate  # noqa: B018
