"""Real image sets: from a local folder first, else downloaded.

Axis letters: n images, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

import os
from pathlib import Path

from companion.data.fetch import fetch
from companion.data.folders import closed, download_folder, search_folders
from companion.data.image_set import Splits
from companion.data.images.cifar.binary import read_cifar_binary
from companion.data.images.cifar.python import read_cifar_archive, read_cifar_python
from companion.data.images.files import VISION_FILES
from companion.data.images.find import PLACES, Found, find_vision
from companion.data.images.idx import read_idx


def load_vision(
    name: str,
    *,
    root: str | os.PathLike[str] | None = None,
    download: bool = True,
    progress: bool = True,
) -> Splits:
    """The image set "mnist", "fashion_mnist" or "cifar10", official split, pixels in [0, 1].

    Looks in `root` or, without it, in the folder that COMPANION_DATA names and then in the cache.
    A set that is in none of them is downloaded, when `download`, to `root` or else to the cache.
    MNIST images are (n, 1, 28, 28), CIFAR-10 images (n, 3, 32, 32). Read `note`: where CIFAR-10's
    official test images are missing, other images stand in for them.

    Raises `ValueError` for an unknown name, `FileNotFoundError` when the set is not at hand and
    `download` is False, `DownloadError` when no address gave it, and `ChecksumError` when one of
    its files is damaged.

    Sources: LeCun et al. 1998 (MNIST), Xiao et al. 2017 (Fashion-MNIST), Krizhevsky 2009 (CIFAR-10)
    """
    found = find_vision(name, root=root)
    if found is None and not download:
        raise FileNotFoundError(_how_to_get(name, root))
    if found is None:
        found = _download(name, download_folder(root) / name, progress=progress)
    if found.layout == "idx":
        return read_idx(name, found.path)
    if found.layout == "cifar_binary":
        return read_cifar_binary(found.path)
    if found.layout == "cifar_archive":
        return read_cifar_archive(found.path)
    return read_cifar_python(found.path)


def _how_to_get(name: str, root: str | os.PathLike[str] | None) -> str:
    files = ", ".join(file.name for file in VISION_FILES[name])
    places = " or ".join(str(folder / name) for folder in search_folders(root))
    hint = closed(root, PLACES[name])
    return (
        f"{name} is not at hand: put {files} into {places}; or set COMPANION_DATA to a folder that "
        f"holds them in a folder named {name}; or allow download=True" + (hint and f". {hint}")
    )


def _download(name: str, folder: Path, *, progress: bool) -> Found:
    for file in VISION_FILES[name]:
        path = fetch(file, folder, progress=progress)
    return Found("cifar_archive", path) if name == "cifar10" else Found("idx", folder)
