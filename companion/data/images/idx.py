"""MNIST and Fashion-MNIST as they are published: idx files, packed or unpacked.

An idx file is two zero bytes, a byte for the type, the number of axes, their sizes (four bytes
each, the highest first), then the values.
Axis letters: n images, y x rows and columns of an image.

Source: LeCun, Cortes and Burges, The MNIST database of handwritten digits.
"""

import gzip
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from companion.data.fetch import check_md5
from companion.data.folders import packed_or_plain
from companion.data.image_set import ImageSet, Splits
from companion.data.images.digits import DIGIT_CLASSES
from companion.data.images.files import IDX_UNPACKED_MD5, VISION_FILES
from companion.data.images.find import idx_variants

CLASSES = {
    "mnist": DIGIT_CLASSES,
    "fashion_mnist": (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
}


def read_idx(name: str, folder: Path) -> Splits:
    """The set "mnist" or "fashion_mnist" from the folder that holds its four files.

    Raises `ChecksumError` when one of them is damaged.
    """
    files = VISION_FILES[name]
    parts = [_read(name, folder, file.name.removesuffix(".gz"), file.md5) for file in files]
    train, train_labels, test, test_labels = parts
    return Splits(_images(name, train, train_labels), _images(name, test, test_labels), note="")


def _read(name: str, folder: Path, file: str, packed_md5: str) -> Tensor:
    path = packed_or_plain(folder, *idx_variants(file), suffix=".gz")
    if path is None:
        raise FileNotFoundError(f"{file} (or {file}.gz) is not in {folder}: put it there")
    packed = path.suffix == ".gz"
    check_md5(path, packed_md5 if packed else IDX_UNPACKED_MD5[name][file])
    content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    axes = content[3]
    sizes = np.frombuffer(content, ">i4", count=axes, offset=4)
    values = torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=4 + 4 * axes)
    return values.reshape(sizes.tolist())


def _images(name: str, pixels: Tensor, labels: Tensor) -> ImageSet:
    return ImageSet(rearrange(pixels, "n y x -> n 1 y x"), labels.long(), CLASSES[name])
