"""Data of somebody else's that may not be read count as not at hand, and it is said why."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pooch
import pytest

from companion.data import (
    DownloadError,
    find_multi30k,
    find_vision,
    load_cifar10_first_test_images,
    load_multi30k,
    load_vision,
)
from companion.data.fetch import RemoteFile, fetch
from companion.data.folders import cache_folder, closed, packed_or_plain
from companion.data.images.files import CIFAR_PYTHON_MD5, IDX_NAMES
from companion.data.text.multi30k.files import MULTI30K_FILES
from companion.runner import doctor

if not hasattr(os, "geteuid"):
    pytest.skip("who may read what is told otherwise here", allow_module_level=True)


@pytest.fixture
def close(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[Callable[[str], Path]]:
    """Whole sets in COMPANION_DATA, and a function that takes all rights to one place from us."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for place, names in SETS.items():
            (folder / place).mkdir(parents=True)
            for file in names:
                (folder / place / file).touch()
        monkeypatch.setenv("COMPANION_DATA", str(folder))
        list(doctor.findings(None))  # Imports what it needs, while everything may be read.
        was_root = os.geteuid() == 0
        shut = []

        def close(place: str) -> Path:
            shut.append(folder / place)
            shut[0].chmod(0)
            if was_root:  # It may read everything.
                os.seteuid(65534)
            return shut[0]

        yield close
        if was_root:
            os.seteuid(0)
        for path in shut:
            path.chmod(0o755)


SETS = {
    "mnist": [f"{file}.gz" for file in IDX_NAMES],
    "cifar10/cifar-10-batches-py": list(CIFAR_PYTHON_MD5),
    "multi30k": list(MULTI30K_FILES),
}
FINDS: dict[str, Callable[[], object]] = {
    "mnist": lambda: find_vision("mnist"),
    "cifar10": lambda: find_vision("cifar10"),
    "multi30k": find_multi30k,
}
ASKS: dict[str, Callable[[], object]] = {
    "mnist": lambda: load_vision("mnist", download=False),
    "cifar10": lambda: load_vision("cifar10", download=False),
    "multi30k": lambda: load_multi30k(download=False),
}
CLOSED = [
    ("mnist", "mnist"),
    ("mnist", "mnist/t10k-labels-idx1-ubyte.gz"),
    ("mnist", "."),
    ("cifar10", "cifar10"),
    ("cifar10", "cifar10/cifar-10-batches-py"),
    ("cifar10", "cifar10/cifar-10-batches-py/data_batch_2"),
    ("multi30k", "multi30k"),
    ("multi30k", "multi30k/val.en"),
]


@pytest.mark.parametrize(("name", "place"), CLOSED)
def test_what_may_not_be_read_is_not_at_hand_and_is_named(name: str, place: str, close) -> None:
    assert FINDS[name]()
    path = close(place)
    assert FINDS[name]() is None
    with pytest.raises(FileNotFoundError) as caught:
        ASKS[name]()
    assert f"You may not read {path}: ask for access" in str(caught.value)
    if name == "cifar10":
        with pytest.raises(FileNotFoundError, match=f"You may not read {path}: ask for access"):
            load_cifar10_first_test_images()


@pytest.mark.parametrize(("name", "place"), CLOSED)
def test_the_doctor_names_what_may_not_be_read(name: str, place: str, close) -> None:
    path = close(place)
    (finding,) = (f for f in doctor.findings(None) if f.topic == f"Data: {name}")
    assert (finding.good, finding.text) == (None, "not at hand")
    assert finding.remedy.startswith(f"You may not read {path}: ")


def test_what_is_merely_not_there_is_not_called_closed(close, tmp_path: Path) -> None:
    assert closed(None, ["mnist", "nowhere", ""]) == ""
    assert closed(tmp_path / "nowhere", ["mnist"]) == ""


def test_a_data_folder_inside_a_closed_one(close, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPANION_DATA", str(close("mnist") / "own"))
    with pytest.raises(ValueError, match=r"own is not a folder: correct it .*access"):
        find_vision("mnist")


def test_a_download_into_a_closed_folder(close) -> None:
    pytest.importorskip("requests")
    target = close("mnist") / "set"
    with pytest.raises(DownloadError, match=r"Could not write .*choose a folder that you may"):
        fetch(RemoteFile("a", "0" * 32, ("http://127.0.0.1:9/a",)), target, progress=False)


def test_a_folder_of_a_files_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "name").mkdir()
    assert packed_or_plain(tmp_path, "name", suffix=".gz") is None
    (tmp_path / "name.gz").touch()
    assert packed_or_plain(tmp_path, "name", suffix=".gz") == tmp_path / "name.gz"


def test_the_cache_is_where_pooch_would_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() == Path(pooch.os_cache("seeing-attention"))
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/else")
    assert cache_folder() == Path(pooch.os_cache("seeing-attention"))
