"""MNIST and Fashion-MNIST: found in every layout, checked, downloaded, read as torchvision does."""

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse

import pytest
import torch
from torchvision import datasets
from torchvision.transforms.functional import to_tensor

from companion.data import ChecksumError, DownloadError, Splits, find_vision, load_vision
from companion.data.images import idx, vision
from companion.data.images.files import CIFAR_PYTHON_MD5, VISION_FILES
from companion.data.images.find import Found

RAW_FOLDER = {"mnist": "MNIST/raw", "fashion_mnist": "FashionMNIST/raw"}
TORCHVISION = {"mnist": datasets.MNIST, "fashion_mnist": datasets.FashionMNIST}


def check(splits: Splits, fake) -> None:
    for part in ("train", "test"):
        images = getattr(splits, part)
        expected = torch.from_numpy(fake.images[part]).unsqueeze(1).float() / 255
        assert torch.equal(images.images, expected)
        assert images.pixels.dtype == torch.uint8
        assert images.pixels.untyped_storage().nbytes() <= images.pixels.numel() + 16
        assert images.labels.tolist() == fake.labels[part].tolist()
    assert splits.note == ""


def listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*"))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("layout", ["ours", "torchvision"])
def test_every_layout_is_read_and_left_as_it_is(
    fake_mnist, idx_name: str, layout: str, packed: bool, cache: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    folder = root / (idx_name if layout == "ours" else RAW_FOLDER[idx_name])
    fake_mnist.write(folder, packed=packed)
    before = listing(root)
    assert find_vision(idx_name, root=root) == Found("idx", folder)
    check(load_vision(idx_name, root=root), fake_mnist)
    assert listing(root) == before
    assert not cache.exists()


def test_plain_and_packed_side_by_side_as_torchvision_leaves_them(
    fake_mnist, idx_name: str, cache: Path, tmp_path: Path
) -> None:
    folder = fake_mnist.write(tmp_path / RAW_FOLDER[idx_name], packed=True)
    for name, content in fake_mnist.files.items():
        (folder / name).write_bytes(content)
    check(load_vision(idx_name, root=str(tmp_path)), fake_mnist)
    items = TORCHVISION[idx_name](tmp_path, train=False)
    test = load_vision(idx_name, root=tmp_path).test
    for index, (picture, label) in enumerate(items):
        assert torch.equal(test.images[index], to_tensor(picture))
        assert test.labels[index] == label


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    "place",
    [
        "{name}.dotted",
        "{name}/{name}",
        "{name}/{name}.dotted",
        "{name}.dotted/{name}.dotted",
        "{name}.dotted/{name}",
    ],
)
def test_other_tools_names_for_the_same_files(
    fake_mnist, idx_name: str, place: str, packed: bool, cache: Path, tmp_path: Path
) -> None:
    """A dot for the first hyphen but one, and a folder of its own for each file."""
    folder = tmp_path / idx_name
    for name, content in fake_mnist.files.items():
        stem = place.replace("{name}.dotted", name.replace("-idx", ".idx")).format(name=name)
        path = folder / (f"{stem}.gz" if packed else stem)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    assert find_vision(idx_name, root=tmp_path) == Found("idx", folder)
    check(load_vision(idx_name, root=tmp_path), fake_mnist)


def test_fashions_classes_are_torchvisions() -> None:
    assert list(idx.CLASSES["fashion_mnist"]) == datasets.FashionMNIST.classes


def test_companion_data_comes_before_the_cache_and_a_root_before_both(
    fake_mnist, idx_name: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {"root": tmp_path / "root", "own": tmp_path / "own", "cache": cache}
    for folder in folders.values():
        fake_mnist.write(folder / idx_name, packed=True)
    assert find_vision(idx_name) == Found("idx", cache / idx_name)
    monkeypatch.setenv("COMPANION_DATA", str(folders["own"]))
    assert find_vision(idx_name) == Found("idx", folders["own"] / idx_name)
    assert find_vision(idx_name, root=folders["root"]) == Found("idx", folders["root"] / idx_name)
    shutil.rmtree(folders["own"] / idx_name)
    assert find_vision(idx_name) == Found("idx", cache / idx_name)


def test_companion_data_that_is_no_folder(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPANION_DATA", str(tmp_path / "gone"))
    with pytest.raises(ValueError, match=r"COMPANION_DATA=.*gone is not a folder: correct it"):
        load_vision("mnist")


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("damage", ["cut", "changed", "empty"])
def test_a_damaged_file_is_named_with_both_checksums_and_the_remedy(
    fake_mnist, idx_name: str, packed: bool, damage: str, cache: Path, tmp_path: Path
) -> None:
    folder = fake_mnist.write(tmp_path / idx_name, packed=packed)
    path = folder / f"t10k-images-idx3-ubyte{'.gz' if packed else ''}"
    content = path.read_bytes()
    changed = content[:40] + bytes([content[40] ^ 255]) + content[41:]
    path.write_bytes({"cut": content[:-9], "changed": changed, "empty": b""}[damage])
    with pytest.raises(ChecksumError, match=r"expected MD5 \w{32}, found \w{32}") as caught:
        load_vision(idx_name, root=tmp_path)
    assert str(path) in str(caught.value)
    assert "Replace it by a sound copy" in str(caught.value)


def test_an_unknown_name_gets_the_choices() -> None:
    with pytest.raises(ValueError, match=r"'cifar-10': choose from mnist, fashion_mnist, cifar10"):
        load_vision("cifar-10")


@pytest.mark.parametrize("name", VISION_FILES)
def test_a_set_that_is_nowhere_without_download(name: str, cache: Path) -> None:
    assert find_vision(name) is None
    with pytest.raises(FileNotFoundError) as caught:
        load_vision(name, download=False)
    for part in (VISION_FILES[name][-1].name, str(cache / name), "COMPANION_DATA", "download=True"):
        assert part in str(caught.value)
    assert not cache.exists()


def test_a_set_that_lacks_a_file_is_not_at_hand(
    fake_mnist, idx_name: str, cache: Path, tmp_path: Path
) -> None:
    folder = fake_mnist.write(tmp_path / idx_name, packed=True)
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    assert find_vision(idx_name, root=tmp_path) is None


@pytest.fixture
def offered(fake_mnist, idx_name: str, server, monkeypatch: pytest.MonkeyPatch):
    """A function that puts the fake set on the server, and says in what ways it is served."""

    def offer(*ways: str, last_file: tuple[str, ...] = ()) -> None:
        files = list(vision.VISION_FILES[idx_name])
        for index, file in enumerate(files):
            content = Path(packed / file.name).read_bytes()
            chosen = last_file if last_file and index == len(files) - 1 else ways
            files[index] = server.offer(file.name, content, *chosen)
        monkeypatch.setattr(vision, "VISION_FILES", {**VISION_FILES, idx_name: tuple(files)})

    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        packed = fake_mnist.write(Path(folder, "packed"), packed=True)
        yield offer


def test_a_download_goes_to_the_cache_once_and_never_to_companion_data(
    offered, fake_mnist, idx_name, server, cache, tmp_path, monkeypatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("COMPANION_DATA", str(own))
    offered("missing", "corrupt", "cut", "good")
    check(load_vision(idx_name, progress=False), fake_mnist)
    assert server.requests == ["missing", "corrupt", "cut", "good"] * 4
    assert sorted(os.listdir(cache / idx_name)) == sorted(f"{f}.gz" for f in fake_mnist.files)
    assert os.listdir(own) == []
    server.requests.clear()
    check(load_vision(idx_name, download=False), fake_mnist)
    assert server.requests == []


def test_a_download_goes_to_a_root_that_is_named(
    offered, fake_mnist, idx_name, server, cache, tmp_path
) -> None:
    offered("good")
    check(load_vision(idx_name, root=tmp_path / "new", progress=False), fake_mnist)
    assert len(os.listdir(tmp_path / "new" / idx_name)) == 4
    assert not cache.exists()


def test_an_interrupted_download_is_taken_up_where_it_stopped(
    offered, fake_mnist, idx_name, server, cache
) -> None:
    offered("good", last_file=("missing", "cut"))
    with pytest.raises(DownloadError, match=r"Could not download t10k-labels-idx1-ubyte\.gz"):
        load_vision(idx_name, progress=False)
    assert len(os.listdir(cache / idx_name)) == 3
    assert find_vision(idx_name) is None
    server.requests.clear()
    offered("good")
    check(load_vision(idx_name, progress=False), fake_mnist)
    assert server.requests == ["good"]


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_the_checksums_are_torchvisions(name: str) -> None:
    assert [(f.name, f.md5) for f in VISION_FILES[name]] == TORCHVISION[name].resources


def test_cifars_checksums_are_torchvisions() -> None:
    cifar = datasets.CIFAR10
    listed = [*cifar.train_list, *cifar.test_list, [cifar.meta["filename"], cifar.meta["md5"]]]
    assert dict(listed) == CIFAR_PYTHON_MD5
    (archive,) = VISION_FILES["cifar10"]
    assert (archive.name, archive.md5) == (cifar.filename, cifar.tgz_md5)
    assert archive.urls[-1] == cifar.url


@pytest.mark.parametrize("name", VISION_FILES)
def test_every_file_is_held_by_several_hosts(name: str) -> None:
    for file in VISION_FILES[name]:
        hosts = {urlparse(url).hostname for url in file.urls}
        assert len(hosts) == len(file.urls) >= 3
        assert all(url.endswith(f"/{file.name}") for url in file.urls)


def test_importing_the_package_imports_no_heavy_library() -> None:
    code = (
        "import sys, companion.data; "
        "print([m for m in ('torchvision', 'sklearn', 'pooch', 'requests') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_real_mnist(data_dir: Path) -> None:
    train, test, note = load_vision("mnist", root=data_dir, download=False)
    assert train.images.shape == (60_000, 1, 28, 28)
    assert test.images.shape == (10_000, 1, 28, 28)
    assert note == ""
    assert train.images.mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert train.images.std().item() == pytest.approx(0.3081, abs=5e-5)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert torch.bincount(train.labels).tolist() == counts
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert torch.bincount(test.labels).tolist() == counts
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert train.classes == tuple("0123456789")
