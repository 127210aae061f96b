"""The set-up script: what is missing is said in one line, never in a traceback."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

Script = Callable[[str], ModuleType]
NOWHERE = "http://127.0.0.1:9/simple"
LOCKED = "einops==0.8.2 --hash=sha256:" + 64 * "0"


@pytest.fixture
def clone(root: Path, tmp_path: Path) -> Path:
    """A repository with nothing but what the set-up reads."""
    shutil.copytree(root / "scripts", tmp_path / "scripts")
    (tmp_path / "requirements.txt").write_text(LOCKED)
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def folder_of(path: Path, *tools: str) -> str:
    """A folder for PATH that holds these tools of this machine and no other."""
    path.mkdir()
    for tool in tools:
        (path / tool).symlink_to(shutil.which(tool) or pytest.skip(f"no {tool} here"))
    return str(path)


def set_up(clone: Path, environment: Mapping[str, str]) -> str:
    """Run the script where it must fail, and return the one line that says why."""
    kept = {name: os.environ[name] for name in ("HOME", "SYSTEMROOT") if name in os.environ}
    command = [sys.executable, str(clone / "scripts" / "setup.py")]
    done = subprocess.run(
        command, env=kept | dict(environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    *steps, last = done.stderr.splitlines()
    assert all(step.endswith("…") for step in steps), done.stderr
    return last


def test_without_git(clone: Path) -> None:
    assert "git is not on PATH" in set_up(clone, {"PATH": folder_of(clone / "tools")})


def test_uv_without_network(script: Script, root: Path, clone: Path) -> None:
    uv = Path(shutil.which(script("setup").find_uv(root) or "") or pytest.skip("no uv here"))
    line = set_up(
        clone,
        {
            "PATH": os.pathsep.join([str(uv.parent), os.environ["PATH"]]),
            "COMPANION_SKIP_DISK_CHECK": "1",
            "UV_CACHE_DIR": str(clone / "cache"),
            "UV_DEFAULT_INDEX": NOWHERE,
            "UV_HTTP_RETRIES": "0",
            "UV_NO_CONFIG": "1",
        },
    )
    assert "the package index cannot be reached: check the network" in line
    assert str(clone / "_build" / "setup.log") in line
    assert "127.0.0.1:9" in (clone / "_build" / "setup.log").read_text()
    assert len((clone / ".venv" / ".stamp").read_text().splitlines()) < 2, "taken for done"


def test_fetching_uv_without_network(clone: Path) -> None:
    line = set_up(
        clone,
        {
            "PATH": folder_of(clone / "tools", "git"),
            "COMPANION_SKIP_DISK_CHECK": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": NOWHERE,
            "PIP_RETRIES": "0",
        },
    )
    assert "fetching uv failed: the package index cannot be reached" in line


def test_too_little_disk(
    script: Script, clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    setup = script("setup")
    monkeypatch.setattr(setup, "GIBIBYTES", 8.0)
    monkeypatch.delenv("COMPANION_SKIP_DISK_CHECK", raising=False)
    free = SimpleNamespace(free=3 * 2**30)
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda _: free)
    assert setup.main("environment", clone) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "needs 8 GiB of disk and 3.0 are free" in line
    assert not (clone / ".venv").exists()


def test_an_unwritable_folder_and_an_interruption(
    script: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    setup = script("setup")
    for error, status in (
        (PermissionError(13, "Permission denied"), 1),
        (KeyboardInterrupt(), 130),
    ):

        def fail(root: Path, error: BaseException = error) -> bool:
            raise error

        monkeypatch.setattr(setup, "make_environment", fail)
        assert setup.main("environment") == status
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("error: failed to write: No space left on device (os error 28)", "disk is full"),
        ("  × Hash mismatch for `einops==0.8.2`", "differs from its hash"),
        ("cause: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("cause: dns error: failed to lookup address", "check the network"),
        ("Retrying (Retry(total=4)) after connection broken", "check the network"),
        ("error: Permission denied (os error 13)", "who owns"),
        ("ensurepip is not\navailable. On Debian/Ubuntu systems", "on Debian, python3-venv"),
        ("a line\nerror: an unknown thing\n", "error: an unknown thing"),
        ("", "it said nothing"),
    ],
)
def test_what_uv_says_becomes_one_line(script: Script, said: str, told: str) -> None:
    meaning = script("uv_tool").diagnose(said)
    assert told in meaning
    assert "\n" not in meaning
