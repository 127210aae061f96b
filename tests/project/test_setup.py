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
    touch "$4/pyvenv.cfg" ;;
esac
echo "$@" >> {calls}
exit {status}
"""


class StandIn:
    """A `uv` that writes down what it is called with."""

    def __init__(self, folder: Path) -> None:
        self.path, self.calls = folder / "uv", folder / "calls"
        folder.mkdir()
        self.install()

    def install(self, *, status: int = 0, version: str = "0.9.1") -> None:
        """Put it there, with an exit status for its work and a version."""
        words = STAND_IN.format(status=status, version=version, calls=self.calls)
        self.path.write_text(words)
        self.path.chmod(0o755)

    def take_calls(self) -> list[str]:
        """What it was asked since the last time, as `verb noun`."""
        calls = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return calls


@pytest.fixture
def setup(script: Script, tmp_path: Path) -> ModuleType:
    (tmp_path / "requirements.txt").write_text("one")
    (tmp_path / "pyproject.toml").write_text("two")
    return script("setup")


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn(tmp_path / "tools")
    monkeypatch.setenv("PATH", f"{stand_in.path.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COMPANION_SKIP_DISK_CHECK", "1")
    return stand_in


def test_two_steps_from_the_lock(setup: ModuleType, uv: StandIn, tmp_path: Path) -> None:
    assert setup.make_environment(tmp_path)
    venv, sync, ours = uv.take_calls()
    assert venv.startswith("venv --python")
    assert sync.startswith("pip sync --python")
    assert "--require-hashes" in sync
    assert sync.endswith("requirements.txt")
    assert "--no-deps" in ours
    assert ours.endswith(f"-e {tmp_path}")


def test_a_repeat_asks_uv_nothing(setup: ModuleType, uv: StandIn, tmp_path: Path) -> None:
    setup.make_environment(tmp_path)
    uv.take_calls()
    assert not setup.make_environment(tmp_path)
    assert uv.take_calls() == []


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_changed_input_synchronises(
    setup: ModuleType, uv: StandIn, tmp_path: Path, name: str
) -> None:
    setup.make_environment(tmp_path)
    uv.take_calls()
    (tmp_path / name).write_text("other")
    assert setup.make_environment(tmp_path)
    assert [call.split()[:2] for call in uv.take_calls()] == [["pip", "sync"], ["pip", "install"]]


def test_another_python_makes_it_anew(
    setup: ModuleType, uv: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.make_environment(tmp_path)
    (tmp_path / ".venv" / "left over").touch()
    uv.take_calls()
    monkeypatch.setattr(setup.sys, "version_info", (3, setup.sys.version_info[1] - 1, 0))
    setup.make_environment(tmp_path)
    assert uv.take_calls()[0].startswith("venv")
    assert not (tmp_path / ".venv" / "left over").exists()


def test_an_environment_moved_with_its_folder_is_made_anew(
    setup: ModuleType, uv: StandIn, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    for name in ("requirements.txt", "pyproject.toml"):
        (first / name).touch()
    setup.make_environment(first)
    uv.take_calls()
    first.rename(second)
    setup.make_environment(second)
    assert uv.take_calls()[0].endswith(str(second / ".venv"))


def test_a_failure_is_not_taken_for_done(setup: ModuleType, uv: StandIn, tmp_path: Path) -> None:
    uv.install(status=2)
    with pytest.raises(setup.SetupError, match=r"making \.venv failed"):
        setup.make_environment(tmp_path)
    uv.install()
    assert setup.make_environment(tmp_path)
    (tmp_path / "requirements.txt").write_text("other")
    uv.install(status=2)
    for _ in range(2):
        with pytest.raises(setup.SetupError, match="installing the locked packages"):
            setup.make_environment(tmp_path)
    uv.install()
    uv.take_calls()
    (tmp_path / "requirements.txt").write_text("one")
    assert setup.make_environment(tmp_path)
    assert [call.split()[:2] for call in uv.take_calls()] == [["pip", "sync"], ["pip", "install"]]


def test_a_folder_that_is_no_environment_is_left_alone(
    setup: ModuleType, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = setup.find_uv(root) or pytest.skip("no uv here")
    monkeypatch.setattr(setup, "find_uv", lambda _: uv)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "precious").touch()
    with pytest.raises(setup.SetupError, match="move it away"):
        setup.make_environment(tmp_path)
    assert [path.name for path in (tmp_path / ".venv").iterdir()] == ["precious"]


def test_a_uv_too_old_or_broken_is_passed_over(
    setup: ModuleType, uv: StandIn, tmp_path: Path
) -> None:
    assert setup.find_uv(tmp_path) == "uv"
    uv.install(version="0.1.5")
    assert setup.find_uv(tmp_path) is None
    uv.path.write_text("#!/bin/sh\nexit 127\n")
    assert setup.find_uv(tmp_path) is None
    (tmp_path / ".uv").mkdir()
    fetched = StandIn(tmp_path / ".uv" / "bin")
    assert setup.find_uv(tmp_path) == str(fetched.path)
