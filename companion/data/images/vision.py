"""Real image sets, read by torchvision's own classes: from a local folder first, else downloaded.

Axis letters: n images, c channels, y x rows and columns of an image.
"""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from einops import rearrange

from companion.data.fetch import RemoteFile, check_md5, fetch
from companion.data.folders import download_folder, packed_or_plain, search_folders
from companion.data.image_set import ImageSet, Splits, scaled
from companion.data.images.cifar.binary import read_cifar_binary
from companion.data.images.cifar.python import read_cifar_archive, read_cifar_python
from companion.data.images.digits import DIGIT_CLASSES
from companion.data.images.files import IDX_UNPACKED_MD5, VISION_FILES
from companion.data.images.find import Found, find_vision

if TYPE_CHECKING:
    from torchvision.datasets import MNIST


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
        return _read_idx(name, found.path)
    if found.layout == "cifar_binary":
        return read_cifar_binary(found.path)
    if found.layout == "cifar_archive":
        return read_cifar_archive(found.path)
    return read_cifar_python(found.path)


def _how_to_get(name: str, root: str | os.PathLike[str] | None) -> str:
    files = ", ".join(file.name for file in VISION_FILES[name])
    places = " or ".join(str(folder / name) for folder in search_folders(root))
    return (
        f"{name} is not at hand: put {files} into {places}; or set COMPANION_DATA to a folder that "
        f"holds them in a folder named {name}; or allow download=True"
    )


def _download(name: str, folder: Path, *, progress: bool) -> Found:
    for file in VISION_FILES[name]:
        path = fetch(file, folder, progress=progress)
    return Found("cifar_archive", path) if name == "cifar10" else Found("idx", folder)


def _read_idx(name: str, folder: Path) -> Splits:
    with TemporaryDirectory() as scratch:
        kind = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}[name]
        raw = Path(scratch, kind, "raw")
        raw.mkdir(parents=True)
        for file in VISION_FILES[name]:
            _unpack_idx(name, folder, file, raw)
        # Only now: importing torchvision takes seconds, a damaged file is found in less.
        from torchvision import datasets

        read = getattr(datasets, kind)
        classes = DIGIT_CLASSES if name == "mnist" else tuple(read.classes)
        train, test = (_grey(read(scratch, train=part), classes) for part in (True, False))
    return Splits(train, test, note="")


def _unpack_idx(name: str, folder: Path, file: RemoteFile, target: Path) -> None:
    plain_name = file.name.removesuffix(".gz")
    path = packed_or_plain(folder, plain_name, ".gz")
    if path is None:
        raise FileNotFoundError(f"{file.name} is not in {folder}: put it there")
    if path.suffix == ".gz":
        check_md5(path, file.md5)
        with gzip.open(path) as source, (target / plain_name).open("wb") as sink:
            shutil.copyfileobj(source, sink)
    else:
        check_md5(path, IDX_UNPACKED_MD5[name][plain_name])
        shutil.copyfile(path, target / plain_name)


def _grey(dataset: MNIST, classes: tuple[str, ...]) -> ImageSet:
    return ImageSet(scaled(rearrange(dataset.data, "n y x -> n 1 y x")), dataset.targets, classes)
