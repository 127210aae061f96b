"""Makes `.venv` from the lock (`make setup`), or the lock itself (`make lock`), both by uv.

Never by pip, which may pick a build of torch that torchvision cannot load. Only the standard
library: this runs before anything is installed. Every failure is one line.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST_UV = (0, 8)
# In GiB; measured: 7.3 on Linux, where torch brings CUDA's libraries. Elsewhere it does not.
GIBIBYTES = 8.0 if sys.platform == "linux" else 4.0
LOCK = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--all-extras"),
    *("--generate-hashes", "--no-annotate", "--custom-compile-command", "make lock"),
    *("--constraints", "constraints.txt", "--output-file", "requirements.txt", "pyproject.toml"),
)
# What uv or pip says -> what is wrong and what to do. The first that matches is told.
FAILURES = {
    r"no space left|os error 28|disk quota|ENOSPC|not enough space": (
        "the disk is full: free some space (the environment and uv's cache need it)"
    ),
    r"hash(es)? mismatch|do not match the hashes": (
        "a package differs from its hash in requirements.txt: clear uv's cache (uv cache clean)"
    ),
    r"UnknownIssuer|certificate": (
        "the network's certificate is not trusted: set SSL_CERT_FILE to the file that holds it"
    ),
    r"error sending request|failed to fetch|could not connect|connection|dns|name resolution|"
    r"timed? ?out|retrying|network|no matching distribution found for uv": (
        "the package index cannot be reached: check the network (or the proxy), then repeat"
    ),
    r"permission denied|os error 13|read-only file system": (
        "something here may not be written: check who owns this folder and uv's cache"
    ),
    r"directory already exists": ".venv is here and no environment of Python's: move it away",
    r"ensurepip": (
        "this Python cannot fetch uv: install uv (docs.astral.sh/uv) or, on Debian, python3-venv"
    ),
}


class SetupError(Exception):
    """One clear line for the person at the keyboard."""


def diagnose(text: str) -> str:
    """In one line, what went wrong, from the output of uv or pip."""
    for pattern, meaning in FAILURES.items():
        if re.search(pattern, text, re.IGNORECASE):
            return meaning
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "fatal"))]
    return (errors or lines or ["it said nothing"])[-1]


def run(command: list[str], what: str, root: Path) -> str:
    """Run a command in `root` and return what it said.

    Raises:
        SetupError: it failed; the line names the cause, and the log with all that it said.
    """
    done = subprocess.run(
        command,
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        log = root / "_build" / "setup.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text(f"$ {' '.join(command)}\n{done.stdout}", encoding="utf-8")
        raise SetupError(f"{what} failed: {diagnose(done.stdout)} [details: {log}]")
    return done.stdout


def answer(*command: str) -> str:
    """What a command prints; nothing where it cannot be run or fails (a shim may lead nowhere)."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return "" if done.returncode else done.stdout.strip()


def find_uv(root: Path = ROOT) -> str | None:
    """The uv on PATH, else the one fetched earlier; None where neither runs or is new enough."""
    for uv in ("uv", str(root / ".uv" / "bin" / "uv")):
        version = re.match(r"uv (\d+)\.(\d+)", answer(uv, "--version"))
        if version and (int(version[1]), int(version[2])) >= OLDEST_UV:
            return uv
    return None


def fetch_uv(root: Path) -> str:
    """Install uv into the ignored folder `.uv`, and return its path."""
    tell("fetching uv into .uv")
    shutil.rmtree(root / ".uv", ignore_errors=True)
    run([sys.executable, "-m", "venv", ".uv"], "making a place for uv (.uv)", root)
    wanted = f"uv>={'.'.join(map(str, OLDEST_UV))}"
    install = [".uv/bin/python", "-m", "pip", "install", "--disable-pip-version-check", wanted]
    run(install, "fetching uv", root)
    return str(root / ".uv" / "bin" / "uv")


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


def tell(what: str) -> None:
    """Say what takes a while."""
    print(f"setup: {what} …", file=sys.stderr, flush=True)


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
