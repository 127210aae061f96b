"""Colab's environment, rebuilt here: `setup` makes it, `test` runs every chapter in it.

Standard library only; `make test-colab` calls it. Exit status 3: there is no Python 3.13 or no uv.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from uv_tool import EXECUTABLE, SCRIPTS, SetupError, diagnose, find_uv

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv-colab"
RECORD = VENV / "colab.json"
CONSTRAINTS = ROOT / "tests" / "colab" / "constraints.txt"
STAND_IN = ROOT / "tests" / "colab" / "stand_in"
PACKAGE = "seeing-attention"
VERSION = "3.13"


class MissingTool(SetupError):
    """What the environment is made with is not on this machine: no fault, but nothing to do."""


def find_python(uv: str) -> Path | None:
    """The first working Python 3.13: COLAB_PYTHON, one that pyenv keeps, the PATH's, uv's own."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    kept = sorted(pyenv.glob(f"{VERSION}.*/bin/python"), reverse=True)
    places = [os.environ.get("COLAB_PYTHON", ""), *map(str, kept), f"python{VERSION}"]
    code = f"import sys; sys.version.startswith('{VERSION}.') and print(sys.executable)"
    for place in filter(None, [*places, answer(uv, "python", "find", VERSION)]):
        # A place need not exist, and a shim may refuse to run.
        if found := answer(place, "-I", "-c", code):
            return Path(found)
    return None


def answer(*command: str) -> str:
    """What a command prints; nothing where it cannot be run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout.strip()


def group(name: str) -> list[str]:
    """The requirements of one group of constraints.txt."""
    sections = CONSTRAINTS.read_text().split("# group: ")[1:]
    chosen = [part for part in sections if part.splitlines()[0].split()[0] == name]
    return [line for part in chosen for line in part.splitlines()[1:] if line.strip()]


def key_of(paths: Iterable[Path], *more: str) -> str:
    """A hash of files (names and contents) and words."""
    digest = hashlib.sha256(" ".join(more).encode())
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def venv_python() -> Path:
    """The environment's interpreter."""
    return VENV / SCRIPTS / f"python{EXECUTABLE}"


def call(command: list[str], what: str) -> str:
    """Runs a command and returns what it prints; its failure becomes one line of a SetupError."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise SetupError(f"{what} failed: {diagnose(done.stdout + done.stderr)}")
    return done.stdout


def read_record() -> dict[str, Any]:
    """What the last set-up wrote, or nothing."""
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.is_file() else {}
    return record


def frozen() -> dict[str, str]:
    """Installed versions by name, without the package of the book itself."""
    listed = json.loads(call([str(venv_python()), "-m", "pip", "list", "--format=json"], "pip"))
    return {item["name"]: item["version"] for item in listed if item["name"] != PACKAGE}


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The packages whose version is not what it was; a newly installed one is no change."""
    return [
        f"{name} {version} -> {after.get(name, 'removed')}"
        for name, version in sorted(before.items())
        if after.get(name) != version
    ]


def make_environment(uv: str, python: Path, groups: list[str]) -> None:
    """Installs Colab's versions, unless they are there; an interrupted set-up starts again."""
    key = key_of([CONSTRAINTS], str(python), *groups)
    if read_record().get("environment") == key and venv_python().exists():
        return
    call([uv, "venv", "--quiet", "--clear", "--python", str(python), str(VENV)], "uv venv")
    wanted = [line for name in groups for line in group(name)]
    target = ["--python", str(venv_python()), "--constraints", str(CONSTRAINTS)]
    call(
        [uv, "pip", "install", "--quiet", "--compile-bytecode", *target, *wanted],
        "installing Colab's versions",
    )
    write_kernel()
    RECORD.write_text(json.dumps({"environment": key}))


def write_kernel() -> None:
    """A kernel for the main environment's papermill; nothing of papermill is installed there."""
    folder = VENV / "jupyter" / "kernels" / "colab"
    folder.mkdir(parents=True, exist_ok=True)
    argv = [str(venv_python()), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    env = {"PYTHONPATH": str(STAND_IN), "COLAB_RELEASE_TAG": "stand-in"}
    spec = {"argv": argv, "display_name": "Colab", "language": "python", "env": env}
    (folder / "kernel.json").write_text(json.dumps(spec, indent=1))


def install_package(uv: str) -> None:
    """Builds the wheel and installs it with Colab's own pip; a version it changed is an error."""
    sources = [path for path in (ROOT / "companion").rglob("*") if path.is_file()]
    sources = [path for path in sources if "__pycache__" not in path.parts]
    record = read_record()
    key = key_of([*sources, ROOT / "pyproject.toml"])
    if record.get("package") == key:
        return
    pip = [str(venv_python()), "-m", "pip"]
    call([*pip, "uninstall", "--quiet", "--yes", PACKAGE], "pip uninstall")
    before = frozen()
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build_wheel(uv, Path(scratch))
        strategy = ["--upgrade-strategy", "only-if-needed"]
        call([*pip, "install", "--quiet", *strategy, str(wheel)], "installing the wheel")
    after = frozen()
    if changed := changes(before, after):
        RECORD.unlink()
        raise SetupError(f"installing {PACKAGE} changed versions of Colab: {', '.join(changed)}")
    RECORD.write_text(json.dumps({**record, "package": key, "before": before, "after": after}))


def build_wheel(uv: str, scratch: Path) -> Path:
    """The wheel, built from a copy: setuptools keeps deleted files in a `build` folder."""
    copy = scratch / "source"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "companion", copy / "companion", ignore=ignore)
    for path in (ROOT / "pyproject.toml", ROOT / "README.md", *ROOT.glob("LICENSE*")):
        shutil.copy2(path, copy)
    command = [uv, "build", "--quiet", "--wheel", "--out-dir", str(scratch / "dist"), str(copy)]
    call(command, "building the wheel")
    return next((scratch / "dist").glob("*.whl"))


def setup(groups: list[str]) -> None:
    """Brings `.venv-colab` up to date; does nothing where it is."""
    uv = find_uv(ROOT)
    python = find_python(uv or "uv")
    if python is None:
        raise MissingTool(
            f"no Python {VERSION} here, which Colab has; `uv python install {VERSION}`"
        )
    if uv is None:
        raise MissingTool("no uv here; `make test` fetches it")
    make_environment(uv, python, groups)
    install_package(uv)


def main() -> int:
    """The command line; one clear line on standard error where something stands in the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["setup", "test"])
    parser.add_argument("--tensorflow", action="store_true", help="TensorFlow too (chapter 18)")
    arguments = parser.parse_args()
    try:
        setup(["chapters", "tensorflow"] if arguments.tensorflow else ["chapters"])
    except SetupError as error:
        print(f"colab: {error}", file=sys.stderr)
        return 3 if isinstance(error, MissingTool) else 1
    print(f"colab: {venv_python()}")
    if arguments.verb == "test":
        command = [sys.executable, "-m", "pytest", "-q", "-rs", "tests/colab"]
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
