"""Multi30k: captions of photographs in English, German and French, each a translation.

31,014 sentences of some twelve words about people, animals and streets: a small world of words,
of which a small model can learn something.

Source: Elliott et al. 2016, https://aclanthology.org/W16-3210; https://github.com/multi30k/dataset
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from companion.data.fetch import check_md5, fetch
from companion.data.folders import closed, download_folder, packed_or_plain, search_folders
from companion.data.text.multi30k.files import (
    LANGUAGES,
    MULTI30K_FILES,
    MULTI30K_UNPACKED_MD5,
    SPLITS,
)

FOLDER = "multi30k"


@dataclass(frozen=True)
class SentencePairs:
    """Sentences and their translations, as many of one as of the other.

    Raises `ValueError` when there are none, or not as many.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.source or len(self.source) != len(self.target):
            raise ValueError(
                f"{len(self.source)} sentences and {len(self.target)} translations: give at least "
                "one pair, and one translation a sentence"
            )

    def __len__(self) -> int:
        return len(self.source)

    def first(self, count: int) -> SentencePairs:
        """The first `count` pairs. Raises `ValueError` unless 1 <= count <= their number."""
        if not 1 <= count <= len(self):
            raise ValueError(f"count={count}: there are 1 to {len(self)} pairs to take")
        return SentencePairs(self.source[:count], self.target[:count])


class TranslationSplits(NamedTuple):
    """Pairs to learn from, pairs to choose by, and pairs to judge by."""

    train: SentencePairs
    validation: SentencePairs
    test: SentencePairs


def load_multi30k(
    source: str = "en",
    target: str = "de",
    *,
    root: str | os.PathLike[str] | None = None,
    download: bool = True,
    progress: bool = True,
) -> TranslationSplits:
    """Multi30k's task 1: 29,000, 1,014 and 1,000 (test_2016_flickr) pairs, raw and cased.

    Looks for train.en.gz and the like, packed or plain, in the folder `multi30k` of `root` or,
    without it, of COMPANION_DATA and then of the cache. What is in none of them is downloaded, when
    `download`, to `root` or else to the cache.

    Raises:
        ValueError: a language is none of de, en and fr, or both are the same.
        FileNotFoundError: it is not at hand and `download` is False.
        DownloadError: no address gave a file.
        ChecksumError: a file is damaged.
    """
    for language in (source, target):
        if language not in LANGUAGES:
            raise ValueError(f"no language {language!r} here: choose from {', '.join(LANGUAGES)}")
    if source == target:
        raise ValueError(f"source and target are both {source!r}: choose two languages")
    names = _names(source, target)
    folder = _find(names, root)
    if folder is None and not download:
        raise FileNotFoundError(_how_to_get(names, root))
    if folder is None:
        folder = download_folder(root) / FOLDER
        for name in names:
            fetch(MULTI30K_FILES[name], folder, progress=progress)
    sentences = [_read(folder, name) for name in names]
    pairs = zip(sentences[::2], sentences[1::2], strict=True)
    return TranslationSplits(*(SentencePairs(*pair) for pair in pairs))


def find_multi30k(root: str | os.PathLike[str] | None = None) -> Path | None:
    """The folder that holds the English and German files, as `load_multi30k` would find it."""
    return _find(_names("en", "de"), root)


def _names(source: str, target: str) -> list[str]:
    return [f"{split}.{language}" for split in SPLITS for language in (source, target)]


def _find(names: Sequence[str], root: str | os.PathLike[str] | None) -> Path | None:
    for folder in (search / FOLDER for search in search_folders(root)):
        if all(packed_or_plain(folder, name, suffix=".gz") for name in names):
            return folder
    return None


def _how_to_get(names: Sequence[str], root: str | os.PathLike[str] | None) -> str:
    files = ", ".join(MULTI30K_FILES[name].name for name in names)
    places = " or ".join(str(folder / FOLDER) for folder in search_folders(root))
    hint = closed(root, [FOLDER])
    return (
        f"Multi30k is not at hand: put {files} into {places}; or set COMPANION_DATA to a folder "
        f"that holds them in a folder named {FOLDER}; or allow download=True"
        + (hint and f". {hint}")
    )


def _read(folder: Path, name: str) -> tuple[str, ...]:
    path = packed_or_plain(folder, name, suffix=".gz")
    if path is None:
        raise FileNotFoundError(f"{name}.gz is not in {folder}: put it there")
    packed = path.suffix == ".gz"
    check_md5(path, MULTI30K_FILES[name].md5 if packed else MULTI30K_UNPACKED_MD5[name])
    content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    # Not splitlines, which would also break at signs that a caption may hold.
    return tuple(content.decode("utf-8").removesuffix("\n").split("\n"))
