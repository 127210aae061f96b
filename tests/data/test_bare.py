"""What needs no download needs no library for downloads, and no torchvision either."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MISSING = ("pooch", "requests", "torchvision", "typer", "psutil")
PREPARE = f"""
import sys
for name in {MISSING!r}:
    sys.modules[name] = None  # Importing it fails from now on.
"""


def without_them(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PREPARE + code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_sets_are_looked_for_and_missed(tmp_path: Path) -> None:
    code = """
from companion.data import find_multi30k, find_vision, load_vision
print(find_multi30k(), *map(find_vision, ("mnist", "fashion_mnist", "cifar10")))
try:
    load_vision("mnist", download=False)
except FileNotFoundError as error:
    print("put train-images-idx3-ubyte.gz" in str(error))
"""
    told = without_them(code, COMPANION_DATA=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert told.split() == ["None"] * 4 + ["True"]


def test_sets_at_hand_are_read(data_dir: Path) -> None:
    code = """
from companion.data import load_multi30k, load_vision
print(load_vision("mnist", download=False).train)
print(len(load_multi30k(download=False).train))
"""
    told = without_them(code, COMPANION_DATA=str(data_dir))
    assert told == "ImageSet(60,000 images of 1x28x28, 10 classes)\n29000"


@pytest.mark.parametrize("call", ["load_digits()", "load_scenes(train=6, test=6)"])
def test_sets_that_come_with_the_package(call: str) -> None:
    code = "from companion.data import *; from companion.data import batches\n"
    code += f"train, test, _ = {call}\n"
    code += "print(next(iter(batches(train, batch_size=2, seed=0)))[0].dtype)"
    assert without_them(code) == "torch.float32"
