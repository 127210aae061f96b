"""A download is the right file, whole, or nothing; and the next address is tried."""

import os
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pooch
import pytest
import tqdm

from companion.data.fetch import ChecksumError, DownloadError, RemoteFile, check_md5, fetch

CONTENT = np.random.default_rng(0).bytes(300_000)
# Long enough for a busy machine to answer, short enough to wait for a server that never does.
TIMEOUT = (60.0, 3.0)


def leftovers(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_good_address(server, tmp_path: Path) -> None:
    file = server.offer("data.bin", CONTENT, "good", "missing")
    path = fetch(file, tmp_path / "set", progress=False)
    assert path == tmp_path / "set" / "data.bin"
    assert path.read_bytes() == CONTENT
    assert leftovers(tmp_path) == ["set", "set/data.bin"]
    assert server.requests == ["good"]


@pytest.mark.parametrize("fault", ["missing", "broken", "cut", "short", "corrupt", "hang", "stall"])
def test_the_next_address_is_tried(server, tmp_path: Path, fault: str) -> None:
    file = server.offer("data.bin", CONTENT, fault, "good")
    path = fetch(file, tmp_path / "set", progress=False, timeout=TIMEOUT)
    assert path.read_bytes() == CONTENT
    assert leftovers(tmp_path) == ["set", "set/data.bin"]
    assert server.requests == [fault, "good"]


def test_an_address_where_nobody_listens(server, tmp_path: Path) -> None:
    good = server.offer("data.bin", CONTENT, "good")
    file = RemoteFile(good.name, good.md5, ("http://127.0.0.1:9/data.bin", *good.urls))
    assert fetch(file, tmp_path, progress=False, timeout=TIMEOUT).read_bytes() == CONTENT


def test_when_all_fail_the_message_tells_what_was_tried_why_and_what_helps(
    server, tmp_path: Path
) -> None:
    ways = ("missing", "broken", "cut", "short", "corrupt", "hang", "stall")
    file = server.offer("data.bin", CONTENT, *ways)
    nobody = "http://127.0.0.1:9/data.bin"
    file = RemoteFile(file.name, file.md5, (*file.urls, nobody, "nonsense"))
    with pytest.raises(DownloadError) as caught:
        fetch(file, tmp_path / "mnist", progress=False, timeout=TIMEOUT)
    message = str(caught.value)
    reasons = {
        "missing": "the server answered 404 Not Found",
        "broken": "the server answered 503 Service Unavailable",
        "cut": "the connection broke off half-way",
        "short": "what came was damaged (MD5 hash",
        "corrupt": "what came was damaged (MD5 hash",
        "hang": "no answer for 3 seconds",
        "stall": "no answer for 3 seconds",
    }
    for way, reason in reasons.items():
        assert f"  {server.url(way, 'data.bin')}: {reason}" in message
    assert f"  {nobody}: no connection" in message
    assert "  nonsense: " in message
    assert f"put the file (MD5 {file.md5}) into {tmp_path / 'mnist'} yourself" in message
    assert "set COMPANION_DATA to a folder that holds mnist/data.bin" in message
    assert isinstance(caught.value, OSError)
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no POSIX signals here")
def test_ctrl_c_in_the_middle_leaves_nothing(server, tmp_path: Path) -> None:
    file = server.offer("data.bin", CONTENT, "interrupt", "good")
    with pytest.raises(KeyboardInterrupt):
        fetch(file, tmp_path / "set", progress=True)
    assert leftovers(tmp_path) == []
    assert server.requests == ["interrupt"]
    assert pooch.get_logger().level < 30


def test_a_sound_copy_is_not_fetched_again(server, tmp_path: Path) -> None:
    file = server.offer("data.bin", CONTENT, "good")
    (tmp_path / "data.bin").write_bytes(CONTENT)
    fetch(file, tmp_path, progress=False)
    assert server.requests == []


def test_a_damaged_copy_is_replaced_or_left_as_it_is(server, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(CONTENT[:-1])
    with pytest.raises(DownloadError):
        fetch(server.offer("data.bin", CONTENT, "cut"), tmp_path, progress=False)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT[:-1]
    fetch(server.offer("data.bin", CONTENT, "good"), tmp_path, progress=False)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_a_place_that_cannot_be_written(server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match=r"Could not write .*choose a folder that you may"):
        fetch(server.offer("data.bin", CONTENT, "good"), tmp_path / "file" / "set", progress=False)
    assert leftovers(tmp_path) == ["file"]


def test_the_progress_bar_names_the_file_and_can_be_refused(
    server, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = server.offer("data.bin", CONTENT, "good")
    fetch(file, tmp_path / "a", progress=True)
    assert capfd.readouterr() == ("", ""), "TQDM_DISABLE=1, as the tests set it, was overruled"
    monkeypatch.setattr(tqdm, "tqdm", partial(tqdm.tqdm, disable=False))
    fetch(file, tmp_path / "b", progress=False)
    assert capfd.readouterr() == ("", "")
    fetch(file, tmp_path / "c", progress=True)
    assert "data.bin:   0%|          | 0.00/300k" in capfd.readouterr().err


def test_check_md5_names_file_sums_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(b"abc")
    check_md5(path, "900150983cd24fb0d6963f7d28e17f72")
    with pytest.raises(ChecksumError) as caught:
        check_md5(path, "0" * 32)
    for part in (str(path), "0" * 32, "900150983cd24fb0d6963f7d28e17f72", "delete it"):
        assert part in str(caught.value)


def test_nothing_is_left_open(server, tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("open files are counted in /proc, which this system has not")
    file = server.offer("data.bin", CONTENT, "cut", "corrupt", "good")
    fetch(file, tmp_path / "a", progress=False)
    before = len(os.listdir(descriptors))
    for name in "bcdef":
        fetch(file, tmp_path / name, progress=False)
    assert len(os.listdir(descriptors)) <= before + 2
