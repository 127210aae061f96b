"""Where data lie on this machine, and where downloads go."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path


def search_folders(root: str | os.PathLike[str] | None) -> list[Path]:
    """The folders to look in, first choice first.

    Raises `ValueError` when COMPANION_DATA is asked and is not a folder.
    """
    if root is not None:
        return [Path(root).expanduser()]
    own = os.environ.get("COMPANION_DATA", "")
    # os.path answers False where pathlib would raise PermissionError.
    if own and not os.path.isdir(Path(own).expanduser()):
        raise ValueError(
            f"COMPANION_DATA={own} is not a folder: correct it (or ask for access to what it lies "
            f"in), or unset it to use {cache_folder()}"
        )
    return [Path(own).expanduser(), cache_folder()] if own else [cache_folder()]


def download_folder(root: str | os.PathLike[str] | None) -> Path:
    """Where downloads go: `root`, else the cache; never COMPANION_DATA, which may be read-only."""
    return cache_folder() if root is None else Path(root).expanduser()


def cache_folder() -> Path:
    """The system's place for caches: on Linux ~/.cache/seeing-attention."""
    name = "seeing-attention"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local, name, "Cache")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / name
    return Path(os.environ.get("XDG_CACHE_HOME", "").strip() or Path.home() / ".cache", name)


def packed_or_plain(folder: Path, *names: str, suffix: str) -> Path | None:
    """The first file of `names` in `folder`, plain or packed (with `suffix`), that may be read."""
    paths = (folder / f"{name}{end}" for name in names for end in ("", suffix))
    return next((path for path in paths if may_be_read(path)), None)


def may_be_read(path: Path) -> bool:
    """Whether there is such a file, and this user may open it."""
    try:
        path.open("rb").close()
    except OSError:
        return False
    return True


def closed(root: str | os.PathLike[str] | None, places: Iterable[str]) -> str:
    """A sentence on what this user may not read in these folders of a set; "" if nothing.

    Such a folder or file counts as not at hand.
    """
    searched = search_folders(root)
    shut = [folder for folder in searched if _files(folder) is None]
    for folder in (folder / place for folder in searched for place in places if place):
        files = _files(folder)
        shut += [folder] if files is None else [path for path in files if not may_be_read(path)]
    if not shut:
        return ""
    listed = ", ".join(map(str, shut))
    return f"You may not read {listed}: ask for access, or set COMPANION_DATA to another folder"


def _files(folder: Path) -> list[Path] | None:
    """The files in a folder, if any; None when it is there and this user may not look into it."""
    try:
        return [path for path in folder.iterdir() if os.path.isfile(path)]
    except PermissionError:
        # Under a closed folder nothing can be told: that one is named instead.
        return None if os.path.isdir(folder) else []
    except OSError:
        return []
