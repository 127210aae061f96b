"""Starts a chapter's kernel with an audit hook that notes what it reads in the repository.

    python -P recorder.py ROOT LOG -f CONNECTION_FILE

Each file under ROOT that is opened for reading, each module that is executed and each folder that
is listed is written to LOG once, as a line of JSON: its path and its fingerprint at that moment,
null for a file that is not there. Workers that are forked write to the same file; programs started
anew, and libraries that open files without Python (safetensors), go unheard. Standard library
alone: a module of the package that was loaded here would not be noted when the chapter needs it.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

# What lies there was built or installed and is no source of the book.
NOT_SOURCES = ("_build", "build", "dist")


def fingerprint(path: Path) -> str | None:
    """The hash of a file's content or of a folder's names; None where there is neither."""
    try:
        if path.is_dir():
            names = sorted(name for name in os.listdir(path) if name[0] not in "._")
            content = "\n".join(names).encode()
        else:
            content = path.read_bytes()
    except OSError:
        return None
    if b"\0" not in content:
        # Line ends differ between checkouts of the same commit.
        content = content.replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()[:16]


def source_name(path: str, root: Path) -> str:
    """The path below `root`, with slashes; empty where it is no source of the repository."""
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(root) or real == root:
        return ""
    name = real.relative_to(root)
    hidden = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
    # A library looks for its own files in all of Python's path, and so in folders we have not got.
    strange = name.parts[0] in NOT_SOURCES or not (root / name.parts[0]).exists()
    return "" if hidden or strange else name.as_posix()


def record(root: Path, log: Path) -> None:
    """Note from now on, for as long as the process lives, what it reads under `root`."""
    notes = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    seen = {os.path.abspath(__file__)}

    def hook(event: str, args: tuple) -> None:
        if event == "open":
            path, _, flags = args
            if flags & (os.O_WRONLY | os.O_RDWR):
                return
        elif event in ("os.listdir", "os.scandir"):
            path = args[0]
            # An import looks through every folder on its way.
            if sys._getframe(1).f_code.co_filename.startswith("<frozen importlib"):
                return
        elif event == "exec":
            path = getattr(args[0], "co_filename", None)
        else:
            return
        if not isinstance(path, (str, bytes, os.PathLike)):
            return  # A number is a file that is open already.
        path = os.path.abspath(os.fsdecode(path))
        if path not in seen:
            seen.add(path)
            if name := source_name(path, root):
                os.write(notes, json.dumps([name, fingerprint(root / name)]).encode() + b"\n")

    sys.addaudithook(hook)


if __name__ == "__main__":
    record(Path(sys.argv[1]), Path(sys.argv[2]))
    del sys.argv[1:3]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()
