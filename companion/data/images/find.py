"""Where the real image sets lie on this machine, in any of the layouts people keep them in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

from companion.data.folders import packed_or_plain, search_folders
from companion.data.images.files import CIFAR_PYTHON_MD5, IDX_NAMES, VISION_FILES

Layout = Literal["idx", "cifar_python", "cifar_archive", "cifar_binary"]

IDX_FOLDERS = {
    "mnist": ("mnist", "MNIST/raw"),
    "fashion_mnist": ("fashion_mnist", "FashionMNIST/raw"),
}
CIFAR_TRAIN_BATCHES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))


class Found(NamedTuple):
    """A set at hand: its layout, and its folder (or archive)."""

    layout: Layout
    path: Path


def find_vision(name: str, *, root: str | os.PathLike[str] | None = None) -> Found | None:
    """Where the image set `name` lies, or None when it is not at hand. Nothing is read or fetched.

    Looks in `root` or, without it, in the folder that COMPANION_DATA names and then in the cache.
    A set counts only when all its files are there; their contents are checked on loading.

    Raises `ValueError` when `name` is not a set we know, or COMPANION_DATA is not a folder.
    """
    if name not in VISION_FILES:
        raise ValueError(f"no image set is named {name!r}: choose from {', '.join(VISION_FILES)}")
    for folder in search_folders(root):
        found = _find_cifar(folder) if name == "cifar10" else _find_idx(folder, name)
        if found:
            return found
    return None


def _find_idx(root: Path, name: str) -> Found | None:
    for folder in (root / part for part in IDX_FOLDERS[name]):
        if all(packed_or_plain(folder, file, ".gz") for file in IDX_NAMES):
            return Found("idx", folder)
    return None


def _find_cifar(root: Path) -> Found | None:
    for folder in (root, root / "cifar10"):
        unpacked = folder / "cifar-10-batches-py"
        if all((unpacked / file).is_file() for file in CIFAR_PYTHON_MD5):
            return Found("cifar_python", unpacked)
        archive = folder / VISION_FILES["cifar10"][0].name
        if archive.is_file():
            return Found("cifar_archive", archive)
    for folder in (root / "cifar10", root / "cifar-10-batches-bin"):
        if all(packed_or_plain(folder, file, ".xz") for file in CIFAR_TRAIN_BATCHES):
            return Found("cifar_binary", folder)
    return None
