"""CIFAR-10's Python version, an archive or unpacked, read by torchvision's class.

Axis letters: n images, c channels, y x rows and columns of an image.

Source: https://www.cs.toronto.edu/~kriz/cifar.html
"""

import shutil
import tarfile
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from einops import rearrange

from companion.data.fetch import check_md5
from companion.data.image_set import ImageSet, Splits, scaled
from companion.data.images.files import CIFAR_PYTHON_MD5, VISION_FILES


def read_cifar_archive(archive: Path) -> Splits:
    """CIFAR-10 from cifar-10-python.tar.gz, unpacked into a temporary folder.

    Raises `ChecksumError` when the archive is damaged.
    """
    check_md5(archive, VISION_FILES["cifar10"][0].md5)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch, "cifar-10-batches-py")
        folder.mkdir()
        with tarfile.open(archive) as members:
            for member in members:
                source = members.extractfile(member)
                # By bare names from our list, so that no path in the archive leads elsewhere.
                if source and (name := Path(member.name).name) in CIFAR_PYTHON_MD5:
                    with (folder / name).open("wb") as sink:
                        shutil.copyfileobj(source, sink)
        return read_cifar_python(folder)


def read_cifar_python(folder: Path) -> Splits:
    """CIFAR-10 from a folder named cifar-10-batches-py.

    Raises `ChecksumError` when one of its files is damaged.
    """
    for name, md5 in CIFAR_PYTHON_MD5.items():
        check_md5(folder / name, md5)
    return Splits(_read(folder.parent, train=True), _read(folder.parent, train=False), note="")


def _read(root: Path, *, train: bool) -> ImageSet:
    from torchvision.datasets import CIFAR10

    with warnings.catch_warnings():
        # Pickled by a NumPy of 2009, in a form that NumPy 2.4.0 to 2.4.4 warn about.
        warnings.simplefilter("ignore", np.exceptions.VisibleDeprecationWarning)
        dataset = CIFAR10(root, train=train)
    pixels = rearrange(torch.from_numpy(dataset.data), "n y x c -> n c y x")
    return ImageSet(scaled(pixels), torch.tensor(dataset.targets), tuple(dataset.classes))
