"""The set-up script: which steps it takes, and that it takes none when nothing changed."""

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for uv is a shell script")

STAND_IN = """#!/bin/sh
case "$1" in
  --version) echo "uv {version}"; exit 0 ;;
  venv)
    mkdir -p "$4/bin"
    ln -s /bin/sh "$4/bin/python"
    echo "version_info = {python}" > "$4/pyvenv.cfg" ;;
esac
echo "$@" >> {calls}
echo "VIRTUAL_ENV=$VIRTUAL_ENV" >> {calls}.environment
exit {status}
"""


class StandIn:
    """A `uv` that writes down what it is called with."""

    def __init__(self, folder: Path, python: str) -> None:
        self.path, self.python, self.calls = folder / "uv", python, folder / "calls"
        folder.mkdir()
        self.install()

    def install(self, *, status: int = 0, version: str = "0.9.1") -> None:
        """Put it there, with an exit status for its work and a version."""
        words = {"status": status, "version": version, "calls": self.calls, "python": self.python}
        self.path.write_text(STAND_IN.format(**words))
        self.path.chmod(0o755)

    def take_calls(self) -> list[str]:
        """What it was asked since the last time, as `verb noun`."""
        calls = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return calls


@pytest.fixture
def environment(script: Script, tmp_path: Path) -> ModuleType:
    module = script("environment")
    (tmp_path / "requirements.txt").write_text("one")
    (tmp_path / "pyproject.toml").write_text("two")
    return module


@pytest.fixture
def uv(environment: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    version = ".".join(map(str, environment.sys.version_info[:3]))
    stand_in = StandIn(tmp_path / "tools", version)
    monkeypatch.setenv("PATH", f"{stand_in.path.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COMPANION_SKIP_DISK_CHECK", "1")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    return stand_in


def test_two_steps_from_the_lock(environment: ModuleType, uv: StandIn, tmp_path: Path) -> None:
    assert environment.make_environment(tmp_path)
    venv, sync, ours = uv.take_calls()
    assert venv.startswith("venv --python")
    assert sync.startswith("pip sync --python")
    assert "--require-hashes" in sync
    assert sync.endswith("requirements.txt")
    assert "--no-deps" in ours
    assert ours.endswith(f"-e {tmp_path}")
    assert "elsewhere" not in (tmp_path / "tools" / "calls.environment").read_text()


def test_a_repeat_asks_uv_nothing(environment: ModuleType, uv: StandIn, tmp_path: Path) -> None:
    environment.make_environment(tmp_path)
    uv.take_calls()
    assert not environment.make_environment(tmp_path)
    assert uv.take_calls() == []


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_changed_input_synchronises(
    environment: ModuleType, uv: StandIn, tmp_path: Path, name: str
) -> None:
    environment.make_environment(tmp_path)
    uv.take_calls()
    (tmp_path / name).write_text("other")
    assert environment.make_environment(tmp_path)
    assert [call.split()[:2] for call in uv.take_calls()] == [["pip", "sync"], ["pip", "install"]]


def test_another_python_makes_it_anew(
    environment: ModuleType, uv: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.make_environment(tmp_path)
    (tmp_path / ".venv" / "left over").touch()
    uv.take_calls()
    older = environment.sys.version_info.minor - 1
    monkeypatch.setattr(environment.sys, "version_info", VersionInfo((3, older, 0)))
    environment.make_environment(tmp_path)
    assert uv.take_calls()[0].startswith("venv")
    assert not (tmp_path / ".venv" / "left over").exists()


class VersionInfo(tuple):
    """Enough of `sys.version_info` to pretend another Python."""

    @property
    def major(self) -> int:
        return self[0]

    @property
    def minor(self) -> int:
        return self[1]


def test_a_failure_is_not_taken_for_done(
    environment: ModuleType, uv: StandIn, tmp_path: Path
) -> None:
    uv.install(status=2)
    with pytest.raises(environment.SetupError, match=r"making \.venv failed"):
        environment.make_environment(tmp_path)
    uv.install()
    assert environment.make_environment(tmp_path)
    (tmp_path / "requirements.txt").write_text("other")
    uv.install(status=2)
    for _ in range(2):
        with pytest.raises(environment.SetupError, match="installing the locked packages"):
            environment.make_environment(tmp_path)


def test_a_folder_that_is_no_environment_is_left_alone(
    environment: ModuleType, uv: StandIn, tmp_path: Path
) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "precious").touch()
    with pytest.raises(environment.SetupError, match="move it away"):
        environment.make_environment(tmp_path)
    assert (tmp_path / ".venv" / "precious").exists()


def test_a_uv_too_old_or_broken_is_passed_over(
    script: Script, uv: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_uv = script("uv_tool").find_uv
    assert find_uv(tmp_path) == str(uv.path)
    uv.install(version="0.1.5")
    assert find_uv(tmp_path) is None
    uv.path.write_text("#!/bin/sh\nexit 127\n")
    assert find_uv(tmp_path) is None
    fetched = StandIn(tmp_path / ".uv", uv.python)
    (tmp_path / ".uv" / "bin").mkdir()
    fetched.path.rename(tmp_path / ".uv" / "bin" / "uv")
    assert find_uv(tmp_path) == str(tmp_path / ".uv" / "bin" / "uv")
