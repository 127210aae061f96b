"""The real image sets: found in every layout, checked, read as torchvision reads them."""

import os
import pickle
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets
from torchvision.transforms.functional import to_tensor

from companion.data import (
    ChecksumError,
    DownloadError,
    Splits,
    find_vision,
    load_vision,
    vision,
    vision_files,
)
from companion.data.sources import RemoteFile
from tests.data.conftest import md5

PLAIN_FOLDER = {"mnist": "MNIST/raw", "fashion_mnist": "FashionMNIST/raw"}
TORCHVISION = {"mnist": datasets.MNIST, "fashion_mnist": datasets.FashionMNIST}
