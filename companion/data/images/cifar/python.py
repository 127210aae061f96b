"""CIFAR-10's Python version, an archive or unpacked.

Each file is a pickle: none is opened before its checksum is right.
Axis letters: n images, c channels, y x rows and columns of an image.

Source: https://www.cs.toronto.edu/~kriz/cifar.html
"""

import pickle
import tarfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from einops import rearrange

from companion.data.fetch import check_md5
from companion.data.image_set import ImageSet, Splits
from companion.data.images.files import CIFAR_PYTHON_MD5, VISION_FILES

*TRAIN_BATCHES, TEST_BATCH, CLASS_NAMES = CIFAR_PYTHON_MD5


def read_cifar_archive(archive: Path) -> Splits:
    """CIFAR-10 from cifar-10-python.tar.gz, of which nothing is unpacked on the disk.

    Raises `ChecksumError` when the archive is damaged.
    """
    check_md5(archive, VISION_FILES["cifar10"][0].md5)
    batches = {}
    with tarfile.open(archive) as members:
        for member in members:
            source = members.extractfile(member)
            if source and (name := Path(member.name).name) in CIFAR_PYTHON_MD5:
                batches[name] = _unpickled(source.read())
    return _splits(batches)


def read_cifar_python(folder: Path) -> Splits:
    """CIFAR-10 from a folder that holds its unpacked files.

    Raises `ChecksumError` when one of them is damaged.
    """
    for name, md5 in CIFAR_PYTHON_MD5.items():
        check_md5(folder / name, md5)
    return _splits({name: _unpickled((folder / name).read_bytes()) for name in CIFAR_PYTHON_MD5})


def _unpickled(content: bytes) -> dict[str, Any]:
    with warnings.catch_warnings():
        # Pickled by a NumPy of 2009, in a form that NumPy 2.4.0 to 2.4.4 warn about.
        warnings.simplefilter("ignore", np.exceptions.VisibleDeprecationWarning)
        batch: dict[str, Any] = pickle.loads(content, encoding="latin1")
    return batch


def _splits(batches: Mapping[str, dict[str, Any]]) -> Splits:
    classes = tuple(batches[CLASS_NAMES]["label_names"])

    def images(*names: str) -> ImageSet:
        rows = np.concatenate([batches[name]["data"] for name in names])
        labels = [label for name in names for label in batches[name]["labels"]]
        pixels = rearrange(torch.from_numpy(rows), "n (c y x) -> n c y x", c=3, y=32)
        return ImageSet(pixels, torch.tensor(labels), classes)

    return Splits(images(*TRAIN_BATCHES), images(TEST_BATCH), note="")
