"""Multi30k: found packed or plain, checked, downloaded; refused with the remedy."""

import gzip
import hashlib
from pathlib import Path
from urllib.parse import urlparse

import pytest

from companion.data import ChecksumError, DownloadError
from companion.data.fetch import RemoteFile
from companion.data.text.multi30k import load
from companion.data.text.multi30k.files import MULTI30K_FILES, MULTI30K_UNPACKED_MD5
from companion.data.text.multi30k.load import SentencePairs, find_multi30k, load_multi30k

TEXTS = {
    "train.en": "A dog runs.\nTwo men, one hat.\nSnow\u2028falls.\n",
    "train.de": "Ein Hund läuft.\nZwei Männer, ein Hut.\nSchnee fällt.\n",
    "val.en": "A girl.\n",
    "val.de": "Ein Mädchen.\n",
    "test_2016_flickr.en": "A man in an orange hat.\nNothing.\n",
    "test_2016_flickr.de": "Ein Mann mit einem orangefarbenen Hut.\nNichts.\n",
}
PACKED = {name: gzip.compress(text.encode(), mtime=0) for name, text in TEXTS.items()}


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture(autouse=True)
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our small files' checksums instead of the real ones."""
    if "data_dir" not in request.fixturenames:
        files = {n: RemoteFile(f"{n}.gz", md5(content), ()) for n, content in PACKED.items()}
        monkeypatch.setattr(load, "MULTI30K_FILES", files)
        plain = {name: md5(text.encode()) for name, text in TEXTS.items()}
        monkeypatch.setattr(load, "MULTI30K_UNPACKED_MD5", plain)


def write(root: Path, *, packed: bool) -> Path:
    folder = root / "multi30k"
    folder.mkdir(parents=True)
    for name, text in TEXTS.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(PACKED[name] if packed else text.encode())
    return folder


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("way", ["root", "variable"])
def test_a_local_folder_is_read_first(
    way: str, packed: bool, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "own", packed=packed)
    if way == "variable":
        monkeypatch.setenv("COMPANION_DATA", str(tmp_path / "own"))
    splits = load_multi30k(root=tmp_path / "own" if way == "root" else None, download=False)
    # A line separator inside a caption is no end of it.
    assert splits.train.source == ("A dog runs.", "Two men, one hat.", "Snow\u2028falls.")
    assert splits.train.target == ("Ein Hund läuft.", "Zwei Männer, ein Hut.", "Schnee fällt.")
    assert (splits.validation.source, splits.validation.target) == (("A girl.",), ("Ein Mädchen.",))
    assert splits.test.source[0] == "A man in an orange hat."
    assert not cache.exists()


def test_the_other_direction_turns_the_pairs_round(tmp_path: Path) -> None:
    write(tmp_path, packed=True)
    there, back = load_multi30k(root=tmp_path), load_multi30k("de", "en", root=tmp_path)
    assert (there.test.source, there.test.target) == (back.test.target, back.test.source)


@pytest.mark.parametrize("packed", [True, False])
def test_a_damaged_file_is_named(packed: bool, tmp_path: Path) -> None:
    name = "val.de.gz" if packed else "val.de"
    path = write(tmp_path, packed=packed) / name
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ChecksumError, match=name):
        load_multi30k(root=tmp_path)


def test_it_is_found_whole_or_not_at_all(cache: Path, tmp_path: Path) -> None:
    folder = write(tmp_path, packed=True)
    assert find_multi30k(tmp_path) == folder
    (folder / "val.en.gz").unlink()
    assert find_multi30k(tmp_path) is None


def test_what_is_missing_is_said_with_the_remedy(cache: Path, tmp_path: Path) -> None:
    (write(tmp_path, packed=True) / "train.de.gz").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        load_multi30k(root=tmp_path, download=False)
    for part in ("train.de.gz", str(tmp_path / "multi30k"), "COMPANION_DATA", "download=True"):
        assert part in str(caught.value)


def test_it_is_downloaded_to_the_cache_from_the_second_address(
    server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {n: server.offer(f"{n}.gz", c, "missing", "good") for n, c in PACKED.items()}
    monkeypatch.setattr(load, "MULTI30K_FILES", files)
    assert len(load_multi30k(progress=False).train) == 3
    assert sorted(path.name for path in (cache / "multi30k").iterdir()) == sorted(
        f"{name}.gz" for name in TEXTS
    )
    before = len(server.requests)
    load_multi30k(progress=False)
    assert len(server.requests) == before, "fetched again what was at hand"


def test_when_no_address_answers_the_message_says_so(
    server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {n: server.offer(f"{n}.gz", c, "missing") for n, c in PACKED.items()}
    monkeypatch.setattr(load, "MULTI30K_FILES", files)
    with pytest.raises(DownloadError, match=r"train\.en\.gz(.|\n)*404"):
        load_multi30k(root=tmp_path, progress=False)


@pytest.mark.parametrize(
    ("languages", "message"),
    [(("en", "es"), "'es'.*de, en, fr"), (("de", "de"), "both 'de'")],
)
def test_other_languages_are_refused(languages: tuple[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_multi30k(*languages, download=False)


def test_pairs_are_pairs() -> None:
    with pytest.raises(ValueError, match="2 sentences and 1 translations"):
        SentencePairs(("a", "b"), ("c",))
    with pytest.raises(ValueError, match="0 sentences"):
        SentencePairs((), ())
    pairs = SentencePairs(("a", "b"), ("c", "d"))
    assert pairs.first(1) == SentencePairs(("a",), ("c",))
    for count in (0, 3):
        with pytest.raises(ValueError, match=f"count={count}.*1 to 2"):
            pairs.first(count)


def test_every_file_has_several_addresses_and_both_checksums() -> None:
    assert set(MULTI30K_FILES) == set(MULTI30K_UNPACKED_MD5)
    assert len(MULTI30K_FILES) == 9
    for name, file in MULTI30K_FILES.items():
        assert len({urlparse(url).hostname for url in file.urls}) == 3
        assert all(url.startswith("https://") and url.endswith(f"/{name}.gz") for url in file.urls)


def test_the_real_files(data_dir: Path) -> None:
    if not (data_dir / "multi30k").is_dir():
        pytest.skip("Multi30k is not in COMPANION_DATA")
    for source, target in (("en", "de"), ("fr", "en")):
        splits = load_multi30k(source, target, root=data_dir, download=False)
        assert [len(part) for part in splits] == [29_000, 1_014, 1_000]
    first = load_multi30k(root=data_dir, download=False).train
    assert first.source[0] == "Two young, White males are outside near many bushes."
    assert first.target[0] == "Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche."


def test_real_files_unpacked(data_dir: Path, tmp_path: Path) -> None:
    if not (data_dir / "multi30k").is_dir():
        pytest.skip("Multi30k is not in COMPANION_DATA")
    (tmp_path / "multi30k").mkdir()
    for path in (data_dir / "multi30k").glob("*.gz"):
        (tmp_path / "multi30k" / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    for target in ("de", "fr"):
        packed = load_multi30k("en", target, root=data_dir, download=False)
        assert load_multi30k("en", target, root=tmp_path, download=False) == packed
