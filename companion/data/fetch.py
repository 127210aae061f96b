"""One file from several places: the right file, whole, or none at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from companion.data.failures import why_not

if TYPE_CHECKING:
    from tqdm import tqdm

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0


@dataclass(frozen=True)
class RemoteFile:
    """A file, its MD5 checksum, and the addresses that hold it, best first."""

    name: str
    md5: str
    urls: tuple[str, ...]


class DownloadError(OSError):
    """No address gave the file. The message says what was tried, why it failed and what helps."""


class ChecksumError(ValueError):
    """A file is not what it should be. The message names it, both checksums and the remedy."""


def check_md5(path: Path, expected: str) -> None:
    """Raise `ChecksumError` unless the file's MD5 is `expected`."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != expected:
        raise checksum_error(path, expected=expected, found=found)


def checksum_error(path: Path, *, expected: str, found: str) -> ChecksumError:
    """The error that says in what way the file at `path` is damaged."""
    return ChecksumError(
        f"{path} is damaged or is another file: expected MD5 {expected}, found {found}. "
        "Replace it by a sound copy, or delete it to have it downloaded."
    )


def fetch(
    file: RemoteFile,
    folder: Path,
    *,
    progress: bool,
    timeout: tuple[float, float] = (CONNECT_SECONDS, SILENCE_SECONDS),
) -> Path:
    """Have `file` in `folder`, from the first address that gives it whole, and return its path.

    A sound copy already there is kept. A download takes its name only once its checksum is right;
    a broken, cut or interrupted one leaves nothing. timeout: seconds to connect, and of silence.

    Raises `DownloadError` when every address failed or `folder` cannot be written.
    """
    import pooch

    new_folder = not os.path.exists(folder)
    failures = []
    try:
        for url in file.urls:
            try:
                with _quiet_pooch(), _progress_bar(file.name, shown=progress) as bar:
                    downloader = pooch.HTTPDownloader(
                        progressbar=bar, chunk_size=1 << 16, timeout=timeout
                    )
                    path = pooch.retrieve(
                        url, f"md5:{file.md5}", file.name, str(folder), downloader=downloader
                    )
                return Path(path)
            except (OSError, ValueError) as error:
                # Only the disk's errors have a number; those of requests are OSErrors without.
                if getattr(error, "errno", None) is not None:
                    raise
                failures.append(f"  {url}: {why_not(error, timeout)}")
    except OSError as error:
        raise DownloadError(
            f"Could not write {folder / file.name}: {error}. Make room there or choose a folder "
            "that you may write to by root=..."
        ) from error
    finally:
        if new_folder:
            with suppress(OSError):
                folder.rmdir()
    raise DownloadError(
        f"Could not download {file.name}. Tried:\n" + "\n".join(failures) + "\n"
        f"Try again later; or put the file (MD5 {file.md5}) into {folder} yourself; or set "
        f"COMPANION_DATA to a folder that holds {folder.name}/{file.name}."
    )


@contextmanager
def _quiet_pooch() -> Iterator[None]:
    """Keep pooch's log line, with its path on this machine, out of the reader's page."""
    import pooch

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _progress_bar(name: str, *, shown: bool) -> Iterator[tqdm]:
    from tqdm import tqdm

    # total=1 until the server names the size: pooch takes a bar whose total is 0 for no bar.
    make = partial(tqdm, total=1, desc=name, unit="B", unit_scale=True, leave=False)
    # Never disable=False, which would overrule a reader's TQDM_DISABLE=1.
    with make() if shown else make(disable=True) as bar:
        yield bar
