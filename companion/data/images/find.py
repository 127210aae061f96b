"""Where the real image sets lie on this machine, in any of the layouts people keep them in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

from companion.data.folders import may_be_read, packed_or_plain, search_folders
from companion.data.images.files import CIFAR_PYTHON_MD5, IDX_NAMES, VISION_FILES

Layout = Literal["idx", "cifar_python", "cifar_archive", "cifar_binary"]

# The folders that a set may lie in, under the folder that is searched.
PLACES = {
    "mnist": ("mnist", "MNIST", "MNIST/raw"),
    "fashion_mnist": ("fashion_mnist", "FashionMNIST", "FashionMNIST/raw"),
    "cifar10": (
        *("cifar-10-batches-py", "cifar10/cifar-10-batches-py", "", "cifar10"),
        *("cifar-10-batches-bin", "cifar10/cifar-10-batches-bin"),
    ),
}
CIFAR_TRAIN_BATCHES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))


class Found(NamedTuple):
    """A set at hand: its layout, and its folder (or archive)."""

    layout: Layout
    path: Path


def find_vision(name: str, *, root: str | os.PathLike[str] | None = None) -> Found | None:
    """Where the image set `name` lies, or None when it is not at hand. Nothing is read or fetched.

    Looks in `root` or, without it, in the folder that COMPANION_DATA names and then in the cache.
    A set counts only when all its files are there and may be read; their contents are checked on
    loading.

    Raises `ValueError` when `name` is not a set we know, or COMPANION_DATA is not a folder.
    """
    if name not in VISION_FILES:
        raise ValueError(f"no image set is named {name!r}: choose from {', '.join(VISION_FILES)}")
    look = _find_cifar if name == "cifar10" else _find_idx
    folders = (folder / place for folder in search_folders(root) for place in PLACES[name])
    return next((found for folder in folders if (found := look(folder))), None)


def idx_variants(name: str) -> tuple[str, ...]:
    """The names that an unpacked file goes by: with a dot, and in a folder of its own name."""
    stems = (name, name.replace("-idx", ".idx"))
    return (*stems, *(f"{folder}/{stem}" for folder in stems for stem in stems))


def _find_idx(folder: Path) -> Found | None:
    if all(packed_or_plain(folder, *idx_variants(file), suffix=".gz") for file in IDX_NAMES):
        return Found("idx", folder)
    return None


def _find_cifar(folder: Path) -> Found | None:
    if all(may_be_read(folder / file) for file in CIFAR_PYTHON_MD5):
        return Found("cifar_python", folder)
    archive = folder / VISION_FILES["cifar10"][0].name
    if may_be_read(archive):
        return Found("cifar_archive", archive)
    if all(packed_or_plain(folder, file, suffix=".xz") for file in CIFAR_TRAIN_BATCHES):
        return Found("cifar_binary", folder)
    return None
