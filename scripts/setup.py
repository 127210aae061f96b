"""Makes `.venv` from the lock (`make setup`), or the lock itself (`make lock`), both by uv.

Never by pip, which may pick a build of torch that torchvision cannot load. Only the standard
library: this runs before anything is installed. Every failure is one line.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from pathlib import Path

from uv_tool import SetupError, fetch_uv, find_uv, run, tell

ROOT = Path(__file__).resolve().parents[1]
# In GiB; measured: 7.8 on Linux, where torch brings CUDA's libraries. Elsewhere it does not.
GIBIBYTES = 9.0 if sys.platform == "linux" else 4.0
LOCK = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--all-extras"),
    *("--generate-hashes", "--no-annotate", "--custom-compile-command", "make lock"),
    *("--constraints", "constraints.txt", "--output-file", "requirements.txt", "pyproject.toml"),
)


def make_environment(root: Path) -> bool:
    """Bring `.venv` in step with the lock; return whether there was anything to do.

    Raises:
        SetupError: git, room on the disk or the network is missing, or uv failed.
    """
    home = root / ".venv"
    python, stamp = home / "bin" / "python", home / ".stamp"
    # An environment is good for one Python in one folder: its scripts name both.
    place = f"Python {sys.version_info[:2]} for {platform.machine()} in {root}"
    inputs = [(root / name).read_bytes() for name in ("requirements.txt", "pyproject.toml")]
    key = [place, hashlib.sha256(b"\0".join(inputs)).hexdigest()]
    known = stamp.read_text().splitlines() if stamp.is_file() and python.exists() else []
    if known == key:
        return False
    if shutil.which("git") is None:
        raise SetupError("git is not on PATH: install it (git-scm.com, or the system's packages)")
    check_disk(root)
    uv = find_uv(root) or fetch_uv(root)
    tell("installing the locked packages (minutes and gigabytes the first time)")
    if known[:1] != [place]:
        # A folder that is no environment is left to uv, which refuses it.
        if (home / "pyvenv.cfg").is_file():
            shutil.rmtree(home)
        run([uv, "venv", "--python", sys.executable, str(home)], "making .venv", root)
    stamp.write_text(place)
    into = ["--python", str(python)]
    # Compiled once here; else every kernel would compile torch anew where Python may write no
    # bytecode beside its modules.
    sync = [uv, "pip", "sync", *into, "--require-hashes", "--compile-bytecode", "requirements.txt"]
    run(sync, "installing the locked packages", root)
    # The lock holds setuptools, so nothing outside it is fetched to build the project.
    ours = [uv, "pip", "install", *into, "--no-deps", "--no-build-isolation", "-e", str(root)]
    run(ours, "installing companion", root)
    stamp.write_text("\n".join(key))
    return True


def check_disk(root: Path) -> None:
    """Refuse to start what cannot be finished.

    Raises:
        SetupError: too little space is free, with both numbers.
    """
    free = shutil.disk_usage(root).free / 2**30
    known = (root / ".venv").exists() or os.environ.get("COMPANION_SKIP_DISK_CHECK")
    if free < GIBIBYTES and not known:
        raise SetupError(
            f"the environment needs {GIBIBYTES:.0f} GiB of disk and {free:.1f} are free: make "
            "room, or set COMPANION_SKIP_DISK_CHECK=1 where uv's cache already holds the packages"
        )


def lock(root: Path) -> None:
    """Write the lock from pyproject.toml and constraints.txt; uv keeps what it pins already."""
    run([find_uv(root) or fetch_uv(root), *LOCK], "writing requirements.txt", root)


def main(task: str, root: Path = ROOT) -> int:
    """Make the lock or the environment; one line on standard error where that cannot be."""
    try:
        lock(root) if task == "lock" else make_environment(root)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"setup: {error}: check the disk and who owns this folder", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or ["environment"]))
