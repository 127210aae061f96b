"""Rebuilds Colab's environment in `.venv-colab`, with the book's package as Colab installs it.

Standard library only. Exit status 3: there is no Python 3.13 or no uv.
"""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from uv_tool import SetupError, answer, find_uv, run

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv-colab"
PYTHON = VENV / "bin" / "python"
RECORD = VENV / "colab.json"
CONSTRAINTS = ROOT / "tests" / "colab" / "constraints.txt"
STAND_IN = ROOT / "tests" / "colab" / "stand_in"
PACKAGE = "seeing-attention"
VERSION = "3.13"


class MissingTool(SetupError):
    """What the environment is made with is not on this machine: no fault, but nothing to do."""


def find_python(uv: str) -> str:
    """The first working Python 3.13: COLAB_PYTHON, one that pyenv keeps, or that uv finds."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    kept = sorted(map(str, pyenv.glob(f"{VERSION}.*/bin/python")), reverse=True)
    code = f"import sys; sys.version.startswith('{VERSION}.') and print(sys.executable)"
    for place in (os.environ.get("COLAB_PYTHON"), *kept, answer(uv, "python", "find", VERSION)):
        if place and (found := answer(place, "-I", "-c", code)):
            return found
    raise MissingTool(f"no Python {VERSION} here, which Colab has; `uv python install {VERSION}`")


def key_of(paths: Iterable[Path], more: str = "") -> str:
    """A hash of files, names and contents, and a word."""
    digest = hashlib.sha256(more.encode())
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def make_environment(uv: str, python: str) -> None:
    """Installs Colab's versions, unless they are there; an interrupted set-up starts again."""
    key = key_of([CONSTRAINTS], python)
    if (
        PYTHON.exists()
        and RECORD.is_file()
        and json.loads(RECORD.read_text())["environment"] == key
    ):
        return
    run([uv, "venv", "--clear", "--python", python, str(VENV)], "uv venv", ROOT)
    # What chapters need themselves; the rest of Colab's versions only constrain what that brings.
    wanted = CONSTRAINTS.read_text().split("# group: ")[1].splitlines()[1:]
    into = ["--python", str(PYTHON), "--constraints", str(CONSTRAINTS), "--compile-bytecode"]
    run([uv, "pip", "install", *into, *filter(None, wanted)], "installing Colab's versions", ROOT)
    # A kernel for the main environment's papermill; nothing of papermill is installed there.
    seen = ["--env", "PYTHONPATH", str(STAND_IN), "--env", "COLAB_RELEASE_TAG", "stand-in"]
    kernel = ["-m", "ipykernel", "install", "--prefix", str(VENV), "--name", "colab", *seen]
    run([str(PYTHON), *kernel], "installing Colab's kernel", ROOT)
    RECORD.write_text(json.dumps({"environment": key}))


def install_package(uv: str) -> None:
    """Builds the wheel and installs it with Colab's own pip; a version it changed is an error."""
    sources = [path for path in (ROOT / "companion").rglob("*") if path.is_file()]
    sources = [path for path in sources if "__pycache__" not in path.parts]
    key = key_of([*sources, ROOT / "pyproject.toml"])
    record = json.loads(RECORD.read_text())
    if record.get("package") == key:
        return
    pip = [str(PYTHON), "-m", "pip"]
    run([*pip, "uninstall", "--quiet", "--yes", PACKAGE], "pip uninstall", ROOT)
    before = frozen(uv)
    with tempfile.TemporaryDirectory() as scratch:
        # By way of the source distribution, since setuptools keeps deleted files in `build`.
        run([uv, "build", "--out-dir", scratch, str(ROOT)], "building the wheel", ROOT)
        wheel = str(next(Path(scratch).glob("*.whl")))
        kept = ["--upgrade-strategy", "only-if-needed"]
        run([*pip, "install", "--quiet", *kept, wheel], "installing the wheel", ROOT)
    if gone := sorted(set(before) - set(after := frozen(uv))):
        RECORD.unlink()
        raise SetupError(f"installing {PACKAGE} changed versions of Colab: {', '.join(gone)}")
    RECORD.write_text(json.dumps({**record, "package": key, "before": before, "after": after}))


def frozen(uv: str) -> list[str]:
    """What is installed, as `name==version`, without the package of the book itself."""
    listed = run([uv, "pip", "freeze", "--python", str(PYTHON)], "uv pip freeze", ROOT)
    return [line for line in listed.splitlines() if "==" in line and PACKAGE not in line]


def main() -> int:
    """Brings `.venv-colab` up to date, does nothing where it is, and says where its Python lies."""
    uv = find_uv(ROOT)
    try:
        python = find_python(uv or "uv")
        if uv is None:
            raise MissingTool("no uv here; `make test` fetches it")
        make_environment(uv, python)
        install_package(uv)
    except SetupError as error:
        print(f"colab: {error}", file=sys.stderr)
        return 3 if isinstance(error, MissingTool) else 1
    print(f"colab: {PYTHON}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
