"""Finds uv or fetches it, runs it into a log, and turns what it says on failure into one line.

uv fills the environment, never pip: pip may pick a build of torch that torchvision cannot load.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST_UV = (0, 5)
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
EXECUTABLE = ".exe" if os.name == "nt" else ""
# Variables that would send uv to another environment than the one it is told to fill.
MISLEADING = ("VIRTUAL_ENV", "CONDA_PREFIX", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_TARGET")

# What the log shows -> what is wrong and what to do. The first that matches is told.
FAILURES = (
    (
        r"no space left|os error 28|disk quota|ENOSPC|not enough space",
        "the disk is full: free some space (the environment and uv's cache need it)",
    ),
    (
        r"hash(es)? mismatch|do not match the hashes|THESE PACKAGES DO NOT MATCH",
        "a package differs from its hash in requirements.txt: clear uv's cache (uv cache clean)",
    ),
    (
        r"UnknownIssuer|certificate",
        "the network's certificate is not trusted: set SSL_CERT_FILE to the file that holds it",
    ),
    (
        r"error sending request|failed to fetch|could not connect|connection|dns|"
        r"name resolution|timed? ?out|retrying|network|no matching distribution found for uv",
        "the package index cannot be reached: check the network (or the proxy), then repeat",
    ),
    (
        r"permission denied|os error 13|read-only file system",
        "something here may not be written: check who owns this folder and uv's cache",
    ),
)


class SetupError(Exception):
    """One clear line for the person at the keyboard."""


def diagnose(text: str) -> str:
    """Return in one line what went wrong, from the output of uv or pip."""
    for pattern, meaning in FAILURES:
        if re.search(pattern, text, re.IGNORECASE):
            return meaning
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "fatal"))]
    return (errors or lines or ["it said nothing"])[-1]


def run(command: list[str], log: Path, what: str) -> None:
    """Run a command with its output appended to `log`, counting the seconds on a terminal.

    Raises:
        SetupError: the command failed; the line names the cause and the log.
    """
    hidden = set(MISLEADING)
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    log.parent.mkdir(parents=True, exist_ok=True)
    terminal, begun = sys.stderr.isatty(), time.monotonic()
    sys.stderr.write(f"setup: {what} …" + ("" if terminal else "\n"))
    sys.stderr.flush()
    with log.open("a+", encoding="utf-8", errors="replace") as stream:
        stream.write(f"\n$ {' '.join(command)}\n")
        stream.flush()
        start = stream.tell()
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=log.parent.parent,
        ) as process:
            while process.poll() is None:
                time.sleep(0.05)
                if terminal:
                    sys.stderr.write(f"\rsetup: {what} … {time.monotonic() - begun:.0f} s")
                    sys.stderr.flush()
        if terminal:
            sys.stderr.write("\n")
        stream.seek(start)
        text = stream.read()
    if process.returncode != 0:
        raise SetupError(f"{what} failed: {diagnose(text)} [details: {log}]")


def works(uv: str) -> bool:
    """Say whether this is a uv that runs and is new enough (a shim may lead nowhere)."""
    try:
        answer = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    version = re.match(r"uv (\d+)\.(\d+)", answer.stdout)
    return bool(version) and (int(version[1]), int(version[2])) >= OLDEST_UV


def find_uv(root: Path) -> str | None:
    """Return the uv on PATH, else the one fetched earlier into `.uv`, else nothing."""
    fetched = root / ".uv" / SCRIPTS / f"uv{EXECUTABLE}"
    candidates = (shutil.which("uv"), str(fetched) if fetched.is_file() else None)
    return next((uv for uv in candidates if uv and works(uv)), None)


def fetch_uv(root: Path, log: Path) -> str:
    """Install uv into the ignored folder `.uv` with this Python's pip, and return its path.

    Raises:
        SetupError: there is neither `ensurepip` nor pip, or the index cannot be reached.
    """
    home = root / ".uv"
    shutil.rmtree(home, ignore_errors=True)
    wanted = f"uv>={'.'.join(map(str, OLDEST_UV))}"
    install = ["-m", "pip", "install", "--disable-pip-version-check", wanted]
    if importlib.util.find_spec("ensurepip"):
        run([sys.executable, "-m", "venv", str(home)], log, "making a place for uv (.uv)")
        python = home / SCRIPTS / f"python{EXECUTABLE}"
        run([str(python), *install], log, "fetching uv")
    elif importlib.util.find_spec("pip"):
        run([sys.executable, *install, "--target", str(home)], log, "fetching uv")
    else:
        raise SetupError(
            "uv is not installed, and this Python has neither ensurepip nor pip to fetch it: "
            "install uv (docs.astral.sh/uv) or, on Debian, apt-get install python3-venv"
        )
    uv = find_uv(root)
    if uv is None:
        raise SetupError(f"the uv that was fetched does not run [details: {log}]")
    return uv
