"""Where data lie on this machine, and where downloads go."""

from __future__ import annotations

import os
from pathlib import Path


def search_folders(root: str | os.PathLike[str] | None) -> list[Path]:
    """The folders to look in, first choice first.

    Raises `ValueError` when COMPANION_DATA is asked and is not a folder.
    """
    if root is not None:
        return [Path(root).expanduser()]
    own = os.environ.get("COMPANION_DATA", "")
    if own and not Path(own).expanduser().is_dir():
        raise ValueError(
            f"COMPANION_DATA={own} is not a folder: correct it, or unset it to use {cache_folder()}"
        )
    return [Path(own).expanduser(), cache_folder()] if own else [cache_folder()]


def download_folder(root: str | os.PathLike[str] | None) -> Path:
    """Where downloads go: `root`, else the cache; never COMPANION_DATA, which may be read-only."""
    return cache_folder() if root is None else Path(root).expanduser()


def cache_folder() -> Path:
    """The system's place for caches (on Linux ~/.cache/seeing-attention)."""
    import pooch

    return Path(pooch.os_cache("seeing-attention"))


def packed_or_plain(folder: Path, name: str, suffix: str) -> Path | None:
    """The file `name` in `folder`, else its packed form `name` + `suffix`, else None."""
    for path in (folder / name, folder / f"{name}{suffix}"):
        if path.is_file():
            return path
    return None
