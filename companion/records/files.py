"""Write a file whole or not at all, whenever the process is killed.

It is written beside its place under a hidden name, flushed to the disk, and renamed.
"""

import contextlib
import os
from pathlib import Path

PARTIAL = ".partial-"


def write_file(path: Path, content: bytes) -> None:
    """Write or replace a file; a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
    try:
        _write(partial, content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    _flush_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write or replace a text file as UTF-8, its line ends as they are in the text."""
    write_file(path, text.encode())


def require_writable(folder: Path) -> None:
    """Make the folder and try to write there, before any work is done that would be lost.

    Raises:
        OSError: it cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f"{PARTIAL}{os.getpid()}-probe"
    try:
        _write(probe, b"probe")
    finally:
        probe.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Delete what killed writers left in a folder; only one process may write there."""
    for leftover in folder.glob(f"{PARTIAL}*"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    # Windows opens no folders; there the rename is all that can be asked for.
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
