"""Each cause of a failed download is named, not the family of errors it belongs to."""

import http.server
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from companion.data.fetch import DownloadError, RemoteFile, fetch

PATIENT = (30.0, 30.0)
NOBODY = "127.0.0.1:9"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)


def told(url: str, folder: Path, timeout: tuple[float, float] = PATIENT) -> str:
    """What a reader is told about one address."""
    with pytest.raises(DownloadError) as caught:
        fetch(RemoteFile("a", "0" * 32, (url,)), folder / "set", progress=False, timeout=timeout)
    assert not (folder / "set").exists()
    first, line, *_ = str(caught.value).splitlines()
    assert first == "Could not download a. Tried:"
    assert line.startswith(f"  {url}: ")
    return line.removeprefix(f"  {url}: ")


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[str]:
    """The address of a server whose certificate nobody vouches for."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    whose = ("-days", "2", "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate))
    subprocess.run(["openssl", "req", *kind, *whose], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        # The handshake is the handler's, so that a client that breaks it off stops nobody.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"https://localhost:{server.server_address[1]}/a"
        server.shutdown()
        thread.join()


class Refusing(http.server.BaseHTTPRequestHandler):
    """As a proxy, it asks for a password."""

    def handle(self) -> None:
        with suppress(ssl.SSLError):
            super().handle()

    def do_CONNECT(self) -> None:
        self.send_error(407)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_certificate_of_an_unknown_issuer(secure: str, tmp_path: Path) -> None:
    line = told(secure, tmp_path)
    assert line.startswith("its certificate was not accepted (self-signed certificate")
    assert "REQUESTS_CA_BUNDLE" in line
    assert "clock" in line


def test_a_path_to_certificates_that_leads_nowhere(
    secure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    line = told(secure, tmp_path)
    assert f"invalid path: {tmp_path / 'none.pem'}" in line
    assert "correct or unset REQUESTS_CA_BUNDLE" in line


def test_a_file_of_certificates_that_holds_none(
    secure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "empty.pem"))
    line = told(secure, tmp_path)
    assert line.startswith("no secure connection (")
    assert f"certificates from {tmp_path / 'empty.pem'}" in line


def test_a_server_that_speaks_no_tls(server, tmp_path: Path) -> None:
    url = server.url("good", "a").replace("http://", "https://")
    assert told(url, tmp_path).startswith("no secure connection ([SSL")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_where_nobody_listens(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", f"http://{NOBODY}")
    line = told(f"{scheme}://data.invalid/a", tmp_path)
    assert line.startswith("no connection through the proxy (")
    assert "refused" in line.lower()
    assert f"{scheme.upper()}_PROXY" in line


def test_a_proxy_that_asks_for_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
        line = told("https://data.invalid/a", tmp_path)
        proxy.shutdown()
        thread.join()
    assert line.startswith("no connection through the proxy (")
    assert "407" in line


def test_a_name_that_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    line = told("https://data.invalid/a", tmp_path)
    assert line == "its name was not found (Name or service not known): is there a network?"


def test_a_port_where_nobody_listens(tmp_path: Path) -> None:
    line = told(f"http://{NOBODY}/a", tmp_path)
    assert line.startswith("no connection (")
    assert "refused" in line.lower()


def test_a_server_that_does_not_take_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr("urllib3.util.connection.create_connection", silent)
    assert told(f"http://{NOBODY}/a", tmp_path, (0.4, 30)) == "no connection within 0.4 seconds"


def test_a_server_that_says_nothing(server, tmp_path: Path) -> None:
    server.files["a"] = b"abc"
    assert told(server.url("hang", "a"), tmp_path, (30, 0.3)) == "no answer for 0.3 seconds"


def test_an_address_that_is_none(tmp_path: Path) -> None:
    assert told("nonsense", tmp_path).startswith("MissingSchema: ")
