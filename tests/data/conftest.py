"""A web server that fails on demand, and small image sets in the real ones' file formats."""

import gzip
import hashlib
import http.server
import signal
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from companion.data.fetch import RemoteFile
from companion.data.images import files as vision_files, idx, vision


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class FaultyServer(http.server.ThreadingHTTPServer):
    """Serves /WAY/NAME: the file NAME, in one of the ways below."""

    daemon_threads = True
    ways = ("good", "missing", "broken", "cut", "short", "corrupt", "hang", "stall", "interrupt")

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.over = threading.Event()

    def url(self, way: str, name: str) -> str:
        assert way in self.ways
        return f"http://127.0.0.1:{self.server_address[1]}/{way}/{name}"

    def offer(self, name: str, content: bytes, *ways: str) -> RemoteFile:
        self.files[name] = content
        return RemoteFile(name, md5(content), tuple(self.url(way, name) for way in ways))

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: FaultyServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        way, name = self.path.strip("/").split("/")
        self.server.requests.append(way)
        content = self.server.files[name]
        half = content[: len(content) // 2]
        if way in ("missing", "broken"):
            self.send_error(404 if way == "missing" else 503)
        elif way == "hang":
            self.server.over.wait(20)
        elif way == "short":
            self._send(half, length=len(half))
        elif way == "corrupt":
            self._send(half + bytes([content[len(half)] ^ 1]) + content[len(half) + 1 :])
        elif way == "good":
            self._send(content)
        else:
            self._send(half, length=len(content))
            if way == "interrupt":
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            if way != "cut":
                self.server.over.wait(20)

    def _send(self, content: bytes, length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FaultyServer() as faulty:
        thread = threading.Thread(target=faulty.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield faulty
        faulty.over.set()
        faulty.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and no COMPANION_DATA."""
    monkeypatch.delenv("COMPANION_DATA", raising=False)
    folder = tmp_path / "cache"
    monkeypatch.setattr("companion.data.folders.cache_folder", lambda: folder)
    return folder


class FakeMnist(NamedTuple):
    """The four idx files of a tiny MNIST, unpacked, and what is in them."""

    files: dict[str, bytes]
    images: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]

    def write(self, folder: Path, *, packed: bool) -> Path:
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            path = folder / (f"{name}.gz" if packed else name)
            path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
        return folder


@pytest.fixture(params=["mnist", "fashion_mnist"])
def idx_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def fake_mnist(idx_name: str, monkeypatch: pytest.MonkeyPatch) -> FakeMnist:
    rng = np.random.default_rng(0)
    images, labels, files = {}, {}, {}
    for part, prefix, count in (("train", "train", 12), ("test", "t10k", 5)):
        images[part] = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels[part] = rng.integers(0, 10, count, dtype=np.uint8)
        header = struct.pack(">4i", 2051, count, 28, 28)
        files[f"{prefix}-images-idx3-ubyte"] = header + images[part].tobytes()
        header = struct.pack(">2i", 2049, count)
        files[f"{prefix}-labels-idx1-ubyte"] = header + labels[part].tobytes()
    remote = tuple(
        RemoteFile(f"{name}.gz", md5(gzip.compress(content, mtime=0)), ())
        for name, content in files.items()
    )
    for module in (vision, idx):
        files_of = {**vision_files.VISION_FILES, idx_name: remote}
        monkeypatch.setattr(module, "VISION_FILES", files_of)
    plain = {name: md5(content) for name, content in files.items()}
    monkeypatch.setattr(idx, "IDX_UNPACKED_MD5", {idx_name: plain})
    return FakeMnist(files, images, labels)
