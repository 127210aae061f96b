"""CIFAR-10's binary version, which torchvision does not read.

A file is rows of 3,073 bytes: the label, then 32x32 red, green and blue values, plane by plane.
Axis letters: n images, c channels, y x rows and columns of an image.

Source: https://www.cs.toronto.edu/~kriz/cifar.html
"""

import hashlib
import lzma
import os
from pathlib import Path

import torch
from einops import rearrange
from torch import Tensor

from companion.data.fetch import checksum_error
from companion.data.folders import closed, packed_or_plain, search_folders
from companion.data.image_set import ImageSet, Splits
from companion.data.images.files import CIFAR_BINARY_MD5
from companion.data.images.find import CIFAR_TRAIN_BATCHES, PLACES

CIFAR_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
TEST_BATCH = "test_batch.bin"
FIRST_TEST_IMAGES = "test_batch_first1000.bin"
ROW_BYTES = 1 + 3 * 32 * 32


def read_cifar_binary(folder: Path) -> Splits:
    """CIFAR-10 from data_batch_1.bin to data_batch_5.bin and test_batch.bin, plain or .xz.

    Without test_batch.bin the fifth training batch is the test set, and `note` says so.
    Raises `ChecksumError` when a file is damaged.
    """
    if packed_or_plain(folder, TEST_BATCH, suffix=".xz"):
        return Splits(_read(folder, *CIFAR_TRAIN_BATCHES), _read(folder, TEST_BATCH), note="")
    *learn, judge = CIFAR_TRAIN_BATCHES
    train, test = _read(folder, *learn), _read(folder, judge)
    note = (
        f"The official test images are not at hand. {len(test):,} of the official training images "
        f"({judge}) serve as test set and the other {len(train):,} as training set, which makes "
        "the task a little harder than the official split."
    )
    return Splits(train, test, note)


def load_cifar10_first_test_images(*, root: str | os.PathLike[str] | None = None) -> ImageSet:
    """The first 1,000 of CIFAR-10's 10,000 official test images, where only they are at hand.

    Looks for test_batch_first1000.bin, plain or .xz, where `load_vision` looks for the set.
    Raises `FileNotFoundError` when it is nowhere, `ChecksumError` when it is damaged.
    """
    searched = search_folders(root)
    for folder in (search / place for search in searched for place in PLACES["cifar10"]):
        if packed_or_plain(folder, FIRST_TEST_IMAGES, suffix=".xz"):
            return _read(folder, FIRST_TEST_IMAGES)
    hint = closed(root, PLACES["cifar10"])
    raise FileNotFoundError(
        f"{FIRST_TEST_IMAGES} (or .xz) is not in a folder named cifar10 under "
        f"{' or '.join(map(str, searched))}: with the whole of CIFAR-10 at hand, take "
        'load_vision("cifar10").test.subset(range(1000))' + (hint and f". {hint}")
    )


def _read(folder: Path, *names: str) -> ImageSet:
    rows = [_read_rows(folder, name) for name in names]
    labels = torch.cat([part[:, 0] for part in rows])
    pixels = torch.cat([part[:, 1:] for part in rows])
    images = rearrange(pixels, "n (c y x) -> n c y x", c=3, y=32)
    return ImageSet(images, labels.long(), CIFAR_CLASSES)


def _read_rows(folder: Path, name: str) -> Tensor:
    path = packed_or_plain(folder, name, suffix=".xz")
    if path is None:
        raise FileNotFoundError(f"{name} (or {name}.xz) is not in {folder}: put it there")
    expected = CIFAR_BINARY_MD5[name]
    try:
        packed = path.read_bytes()
        data = bytearray(lzma.decompress(packed) if path.suffix == ".xz" else packed)
    except lzma.LZMAError as error:
        raise checksum_error(
            path, expected=f"{expected} of the unpacked file", found=f"no whole file: {error}"
        ) from error
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if found != expected:
        raise checksum_error(path, expected=f"{expected} of the unpacked file", found=found)
    return rearrange(torch.frombuffer(data, dtype=torch.uint8), "(n row) -> n row", row=ROW_BYTES)
