"""Finds uv or fetches it, runs it, and turns what it says on failure into one line."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_UV = (0, 8)
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


def find_uv(root: Path) -> str | None:
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


def tell(what: str) -> None:
    """Say what takes a while."""
    print(f"setup: {what} …", file=sys.stderr, flush=True)
