"""A file of JSON lines that processes add to, one whole line at a time."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any


def append_line(path: Path, content: dict[str, Any]) -> None:
    """Add a line, on the disk when this returns; two processes that do so take turns.

    A line that a killed writer left unfinished is ended first, so that it spoils no other.
    """
    line = json.dumps(content, ensure_ascii=False).encode() + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        _take_turn(file)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        file.write(b"\n" + line if file.read(1) not in (b"", b"\n") else line)
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file, none where there is no file; an unfinished line is passed over."""
    if not path.is_file():
        return
    for line in path.read_bytes().splitlines():
        try:
            content = json.loads(line)
        except ValueError:
            continue
        if isinstance(content, dict):
            yield content


def _take_turn(file: IO[bytes]) -> None:
    # Windows has no such lock; there one write of a whole line has to do.
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file, fcntl.LOCK_EX)
