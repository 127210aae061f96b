"""Write a file or a folder whole or not at all, whenever the process is killed.

Everything is written beside its place under a hidden name, flushed to the disk, and renamed.
"""

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

PARTIAL = ".partial-"


def write_file(path: Path, content: bytes) -> None:
    """Write or replace one file; a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
    try:
        _write(partial, content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    _flush_folder(path.parent)


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Make a new folder with these files; it appears with all of them, or not at all."""
    partial = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
    partial.mkdir(parents=True)
    try:
        for name, content in files.items():
            _write(partial / name, content)
        _flush_folder(partial)
        os.replace(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _flush_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Take a folder away, so that no half-emptied one is ever found under its name."""
    partial = path.with_name(f"{PARTIAL}{os.getpid()}-old-{path.name}")
    os.replace(path, partial)
    shutil.rmtree(partial, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Delete what killed writers left in a folder; only one process may write there."""
    for leftover in folder.glob(f"{PARTIAL}*"):
        shutil.rmtree(leftover, ignore_errors=True)
        with contextlib.suppress(OSError):
            leftover.unlink(missing_ok=True)


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
