"""What goes into a model: sets of labelled images, and one way to batches."""

from companion.data.batches import batches
from companion.data.cifar_binary import load_cifar10_first_test_images
from companion.data.digits import load_digits
from companion.data.folders import find_vision
from companion.data.image_set import ImageSet, Splits
from companion.data.sources import ChecksumError, DownloadError
from companion.data.vision import load_vision

__all__ = [
    "ChecksumError",
    "DownloadError",
    "ImageSet",
    "Splits",
    "batches",
    "find_vision",
    "load_cifar10_first_test_images",
    "load_digits",
    "load_vision",
]
