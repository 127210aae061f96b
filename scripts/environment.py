"""Makes `.venv` from the lock, in two steps, and does nothing when it is already as it should be.

Only the standard library: this runs before anything is installed. Every failure is one line.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import sys
from pathlib import Path

from uv_tool import EXECUTABLE, SCRIPTS, SetupError, fetch_uv, find_uv, run

ROOT = Path(__file__).resolve().parents[1]
INPUTS = ("requirements.txt", "pyproject.toml")
# In GiB; measured: 7.3 on Linux, where torch brings CUDA's libraries. Elsewhere it does not.
GIBIBYTES = 8.0 if platform.system() == "Linux" else 4.0
GIBIBYTES_UPDATE = 1.0
LOCK = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--all-extras"),
    *("--generate-hashes", "--no-annotate", "--custom-compile-command", "make lock"),
)


def stamp_key(root: Path = ROOT) -> str:
    """Return what the environment depends on, as a hash: the lock, this Python, this folder."""
    digest = hashlib.sha256()
    for name in INPUTS:
        path = root / name
        if not path.is_file():
            raise SetupError(f"{path} is missing: is this the whole repository?")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(f"{sys.version_info[:2]} {platform.machine()} {root}".encode())
    return digest.hexdigest()


def venv_python(root: Path = ROOT) -> Path:
    """Return where the environment's Python lies."""
    return root / ".venv" / SCRIPTS / f"python{EXECUTABLE}"


def is_current(root: Path, key: str) -> bool:
    """Say whether the environment was finished for exactly this key and its Python still runs."""
    stamp = root / ".venv" / ".stamp"
    return venv_python(root).exists() and stamp.is_file() and stamp.read_text() == key


def check_git() -> None:
    """Refuse to go on without git.

    Raises:
        SetupError: git is not on PATH.
    """
    if shutil.which("git") is None:
        raise SetupError("git is not on PATH: install it (git-scm.com, or the system's packages)")


def check_disk(root: Path) -> None:
    """Refuse to start what cannot be finished.

    Raises:
        SetupError: too little space is free, with both numbers.
    """
    if os.environ.get("COMPANION_SKIP_DISK_CHECK"):
        return
    needed = GIBIBYTES_UPDATE if venv_python(root).exists() else GIBIBYTES
    free = shutil.disk_usage(root).free / 2**30
    if free < needed:
        raise SetupError(
            f"the environment needs {needed:.0f} GiB of disk and {free:.1f} are free: make room, "
            "or set COMPANION_SKIP_DISK_CHECK=1 where uv's cache already holds the packages"
        )


def make_environment(root: Path = ROOT) -> bool:
    """Bring `.venv` in step with the lock; return whether there was anything to do.

    Raises:
        SetupError: a tool, the disk or the network is missing, or uv failed.
    """
    key = stamp_key(root)
    check_git()
    if is_current(root, key):
        return False
    check_disk(root)
    log = root / "_build" / "setup.log"
    log.unlink(missing_ok=True)
    uv = find_uv(root) or fetch_uv(root, log)
    home, python = root / ".venv", str(venv_python(root))
    (home / ".stamp").unlink(missing_ok=True)
    if home.exists() and not is_same_python(home):
        shutil.rmtree(home)
    if not home.exists():
        run([uv, "venv", "--python", sys.executable, str(home)], log, "making .venv")
    into = ["--python", python]
    # Compiled once here; else every kernel would compile torch anew where Python may write no
    # bytecode beside its modules.
    sync = [uv, "pip", "sync", *into, "--require-hashes", "--compile-bytecode"]
    sync.append(str(root / "requirements.txt"))
    run(sync, log, "installing the locked packages (minutes and gigabytes the first time)")
    # The lock holds setuptools, so nothing outside it is fetched to build the project.
    ours = [uv, "pip", "install", *into, "--no-deps", "--no-build-isolation", "-e", str(root)]
    run(ours, log, "installing companion")
    (home / ".stamp").write_text(key)
    return True


def is_same_python(home: Path) -> bool:
    """Say whether the environment in `home` is whole and of the running Python's version."""
    settings = home / "pyvenv.cfg"
    if not settings.is_file():
        if any(home.iterdir()):
            raise SetupError(f"{home} is not an environment and not empty: move it away")
        return False
    version = f"{sys.version_info.major}.{sys.version_info.minor}."
    lines = [line.partition("=") for line in settings.read_text().splitlines()]
    found = {name.strip(): value.strip() for name, _, value in lines}
    named = found.get("version_info", found.get("version", ""))
    return named.startswith(version) and venv_python(home.parent).exists()


def lock(root: Path, output: Path, *, upgrade: bool = False) -> None:
    """Write the lock from pyproject.toml and constraints.txt; uv keeps what `output` pins already.

    Raises:
        SetupError: uv failed.
    """
    log = root / "_build" / "lock.log"
    uv = find_uv(root) or fetch_uv(root, log)
    command = [uv, *LOCK, "-c", "constraints.txt", "-o", str(output), "pyproject.toml"]
    run(command + ["--upgrade"] * upgrade, log, f"writing {output.name}")


def main(arguments: list[str]) -> int:
    """Make the environment or the lock (`python` has been checked already); return the status."""
    parser = argparse.ArgumentParser(prog="setup", description=__doc__)
    tasks = ("environment", "lock", "python")
    parser.add_argument("task", nargs="?", choices=tasks, default="environment")
    parser.add_argument("--upgrade", action="store_true", help="lock: take newer versions")
    options = parser.parse_args(arguments)
    try:
        if options.task == "lock":
            lock(ROOT, ROOT / "requirements.txt", upgrade=options.upgrade)
        elif options.task == "environment":
            make_environment(ROOT)
    except SetupError as error:
        sys.stderr.write(f"setup: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"setup: {error}: check the disk and who owns this folder\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("setup: interrupted; the same command goes on from here\n")
        return 130
    return 0
