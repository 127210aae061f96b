"""CIFAR-10 in its three forms: archive, unpacked, and binary, plain or xz, with or without test."""

import hashlib
import io
import lzma
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from companion.data import (
    ChecksumError,
    Splits,
    find_vision,
    load_cifar10_first_test_images,
    load_vision,
)
from companion.data.fetch import RemoteFile
from companion.data.images.cifar import binary as cifar_binary, python as cifar_python

CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
PARTS = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
ROWS = {part: 3 + index for index, part in enumerate(PARTS)}


class OldPickler(pickle.Pickler):
    """Writes NumPy types as the NumPy of 2009 did, with 0 for False: 2.4.0 to 2.4.4 warn of it."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, np.dtype):
            return np.dtype, ("u1", 0, 1), obj.__reduce__()[2]
        return NotImplemented


def pickled(content: dict) -> bytes:
    target = io.BytesIO()
    OldPickler(target, protocol=2).dump(content)
    return target.getvalue()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def rows() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each part, labels (n,) and pixels (n, 3072): red plane, green plane, blue plane."""
    rng = np.random.default_rng(0)
    return {
        part: (
            rng.integers(0, 10, n, dtype=np.uint8),
            rng.integers(0, 256, (n, 3072), dtype=np.uint8),
        )
        for part, n in ROWS.items()
    }


@pytest.fixture
def python_files(rows, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    files = {
        part: pickled({"data": pixels, "labels": labels.tolist()})
        for part, (labels, pixels) in rows.items()
    }
    files["batches.meta"] = pickled({"label_names": list(CLASSES)})
    sums = {name: md5(content) for name, content in files.items()}
    monkeypatch.setattr(cifar_python, "CIFAR_PYTHON_MD5", sums)
    return files


@pytest.fixture
def binary_files(rows, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    files = {
        f"{part}.bin": np.concatenate([labels[:, None], pixels], axis=1).tobytes()
        for part, (labels, pixels) in rows.items()
    }
    files["test_batch_first1000.bin"] = files["test_batch.bin"][: 2 * 3073]
    sums = {name: md5(content) for name, content in files.items()}
    monkeypatch.setattr(cifar_binary, "CIFAR_BINARY_MD5", sums)
    return files


def write(files: dict[str, bytes], folder: Path, *, xz: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / (f"{name}.xz" if xz else name)
        path.write_bytes(lzma.compress(content, preset=0) if xz else content)
    return folder


def check(images, rows, *parts: str) -> None:
    labels = np.concatenate([rows[part][0] for part in parts])
    pixels = np.concatenate([rows[part][1] for part in parts])
    assert images.labels.tolist() == labels.tolist()
    red_green_blue = torch.from_numpy(pixels.reshape(-1, 3, 32, 32)).float() / 255
    assert torch.equal(images.images, red_green_blue)
    assert images.images.is_contiguous()
    assert images.pixels.dtype == torch.uint8
    assert images.classes == CLASSES


def check_official(splits: Splits, rows) -> None:
    check(splits.train, rows, *PARTS[:5])
    check(splits.test, rows, "test_batch")
    assert splits.note == ""


@pytest.mark.parametrize(
    "place", ["cifar-10-batches-py", "cifar10/cifar-10-batches-py", "cifar10", "."]
)
def test_the_python_version_unpacked(python_files, rows, cache, tmp_path, place) -> None:
    folder = write(python_files, tmp_path / place)
    assert find_vision("cifar10", root=tmp_path) == ("cifar_python", folder)
    check_official(load_vision("cifar10", root=tmp_path), rows)


def make_archive(files: dict[str, bytes], path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {**files, "readme.html": b"hello", "../../evil": b"no"}.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path.read_bytes()


@pytest.mark.parametrize("parent", ["", "cifar10"])
def test_the_archive(python_files, rows, cache, tmp_path, monkeypatch, parent) -> None:
    path = tmp_path / parent / "cifar-10-python.tar.gz"
    content = make_archive(python_files, path)
    file = RemoteFile(path.name, md5(content), ())
    monkeypatch.setattr(cifar_python, "VISION_FILES", {"cifar10": (file,)})
    before = sorted(tmp_path.rglob("*"))
    check_official(load_vision("cifar10", root=tmp_path), rows)
    assert sorted(tmp_path.rglob("*")) == before
    path.write_bytes(content[:-50])
    with pytest.raises(ChecksumError, match=f"{path} is damaged.* expected MD5 {md5(content)}"):
        load_vision("cifar10", root=tmp_path)


def test_the_archive_is_downloaded(
    python_files, rows, server, cache, tmp_path, monkeypatch
) -> None:
    content = make_archive(python_files, tmp_path / "made" / "cifar-10-python.tar.gz")
    file = server.offer("cifar-10-python.tar.gz", content, "cut", "corrupt", "good")
    monkeypatch.setattr("companion.data.images.vision.VISION_FILES", {"cifar10": (file,)})
    monkeypatch.setattr(cifar_python, "VISION_FILES", {"cifar10": (file,)})
    check_official(load_vision("cifar10", progress=False), rows)
    assert [path.name for path in cache.rglob("*")] == ["cifar10", file.name]
    server.requests.clear()
    check_official(load_vision("cifar10", progress=False), rows)
    assert server.requests == []


def test_a_damaged_pickle_is_never_opened(python_files, cache, tmp_path) -> None:
    folder = write(python_files, tmp_path / "cifar-10-batches-py")
    (folder / "data_batch_3").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(ChecksumError, match=r"data_batch_3 is damaged or is another file"):
        load_vision("cifar10", root=tmp_path)


@pytest.mark.parametrize("xz", [True, False])
@pytest.mark.parametrize(
    "parent", ["cifar10", "cifar-10-batches-bin", "cifar10/cifar-10-batches-bin", "."]
)
def test_the_binary_version(binary_files, rows, cache, tmp_path, parent, xz) -> None:
    folder = write(binary_files, tmp_path / parent, xz=xz)
    assert find_vision("cifar10", root=tmp_path) == ("cifar_binary", folder)
    check_official(load_vision("cifar10", root=tmp_path), rows)


@pytest.mark.parametrize("xz", [True, False])
def test_without_the_test_images_the_fifth_batch_stands_in_and_the_note_says_so(
    binary_files, rows, cache, tmp_path, xz
) -> None:
    del binary_files["test_batch.bin"]
    write(binary_files, tmp_path / "cifar10", xz=xz)
    train, test, note = load_vision("cifar10", root=tmp_path)
    check(train, rows, *PARTS[:4])
    check(test, rows, "data_batch_5")
    assert f"{len(test)} of the official training images (data_batch_5.bin) serve as test" in note
    first = load_cifar10_first_test_images(root=tmp_path)
    check(first, {"part": tuple(array[:2] for array in rows["test_batch"])}, "part")


def test_the_first_test_images_that_are_nowhere(cache, tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=r"first1000\.bin \(or \.xz\).*subset\(range\(1000"):
        load_cifar10_first_test_images(root=tmp_path)


@pytest.mark.parametrize("xz", [True, False])
@pytest.mark.parametrize("damage", ["cut", "changed", "empty"])
def test_a_damaged_binary_file(binary_files, cache, tmp_path, xz, damage) -> None:
    folder = write(binary_files, tmp_path / "cifar10", xz=xz)
    path = folder / f"data_batch_2.bin{'.xz' if xz else ''}"
    content = path.read_bytes()
    changed = content[:40] + bytes([content[40] ^ 255]) + content[41:]
    path.write_bytes({"cut": content[:-9], "changed": changed, "empty": b""}[damage])
    with pytest.raises(ChecksumError, match=r"expected MD5 \w{32} of the unpacked") as caught:
        load_vision("cifar10", root=tmp_path)
    assert str(path) in str(caught.value)
    assert "Replace it by a sound copy" in str(caught.value)


def test_a_binary_version_that_lacks_a_batch_is_not_at_hand(binary_files, cache, tmp_path) -> None:
    del binary_files["data_batch_4.bin"]
    write(binary_files, tmp_path / "cifar10")
    assert find_vision("cifar10", root=tmp_path) is None


@pytest.fixture(scope="module")
def real(data_dir: Path) -> Splits:
    return load_vision("cifar10", root=data_dir, download=False)


def test_the_real_cifar10(real: Splits) -> None:
    assert real.train.images.shape[1:] == real.test.images.shape[1:] == (3, 32, 32)
    assert len(real.train) + len(real.test) in (50_000, 60_000)
    assert real.train.classes == CLASSES
    for part in (real.train, real.test):
        assert part.pixels.untyped_storage().nbytes() == len(part) * 3 * 32 * 32
    # The first images of the set: a frog, two trucks, a deer, an automobile.
    assert real.train.labels[:5].tolist() == [6, 9, 9, 4, 1]


def test_red_green_and_blue_are_in_that_order(real: Splits) -> None:
    """The means over the 50,000 training images, which every CIFAR-10 recipe quotes."""
    parts = [real.train] if len(real.train) == 50_000 else [real.train, real.test]
    sums = sum(part.images.double().sum((0, 2, 3)) for part in parts)
    means = sums / (50_000 * 32 * 32)
    torch.testing.assert_close(
        means, torch.tensor([0.49140, 0.48216, 0.44653]).double(), atol=5e-6, rtol=0
    )
    counts = sum(torch.bincount(part.labels) for part in parts)
    assert counts.tolist() == [5000] * 10


def test_the_real_first_test_images(data_dir: Path, real: Splits) -> None:
    if not real.note:
        pytest.skip("the whole official test set is at hand")
    first = load_cifar10_first_test_images(root=data_dir)
    assert first.images.shape == (1000, 3, 32, 32)
    # A cat, two ships, an airplane, two frogs.
    assert first.labels[:6].tolist() == [3, 8, 8, 0, 6, 6]
