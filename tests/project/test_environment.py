"""The lock, the constraints, pyproject.toml, environment.yml and what is installed all agree."""

import re
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

Script = Callable[[str], ModuleType]
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
MACHINES = {"linux": "x86_64", "macos": "arm64", "windows": "AMD64"}


class Locked(NamedTuple):
    """One entry of the lock."""

    requirement: Requirement
    hashes: list[str]

    @property
    def version(self) -> str:
        (pin,) = self.requirement.specifier
        assert pin.operator == "=="
        return pin.version


def marker_environment(python: str, platform: str) -> dict[str, str]:
    """What markers see on another machine."""
    environment = {key: str(value) for key, value in default_environment().items()}
    machine = {"platform_machine": MACHINES[platform]}
    pythons = {"python_version": python, "python_full_version": f"{python}.5"}
    return environment | pythons | PLATFORMS[platform] | machine


def applies(requirement: Requirement, environment: dict[str, str]) -> bool:
    """Say whether a requirement is wanted on a machine."""
    return requirement.marker is None or requirement.marker.evaluate(environment)


@pytest.fixture(scope="module")
def lock_text(root: Path) -> str:
    return (root / "requirements.txt").read_text()


@pytest.fixture(scope="module")
def locked(lock_text: str) -> list[Locked]:
    entries = []
    for line in lock_text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            requirement, *hashes = re.split(r"\s+--hash=", line.strip())
            entries.append(Locked(Requirement(requirement), hashes))
    assert len(entries) > 100
    return entries


@pytest.fixture(scope="module")
def project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


def declared(project: dict) -> Iterator[Requirement]:
    """Everything that pyproject.toml asks for, extras included."""
    extras = project["optional-dependencies"].values()
    for line in (*project["dependencies"], *(line for extra in extras for line in extra)):
        yield Requirement(line)


def found(locked: list[Locked], name: str, environment: dict[str, str]) -> list[Locked]:
    """The entries of the lock for a package on a machine."""
    return [
        entry
        for entry in locked
        if canonicalize_name(entry.requirement.name) == canonicalize_name(name)
        and applies(entry.requirement, environment)
    ]


@pytest.mark.parametrize(("python", "platform"), list(product(PYTHONS, PLATFORMS)))
def test_the_lock_holds_all_that_is_declared(
    locked: list[Locked], project: dict, python: str, platform: str
) -> None:
    environment = marker_environment(python, platform)
    for wanted in declared(project):
        if applies(wanted, environment):
            entries = found(locked, wanted.name, environment)
            assert len(entries) == 1, f"{wanted} on {python}, {platform}: {entries}"
            assert wanted.specifier.contains(entries[0].version, prereleases=True), wanted


def test_the_lock_keeps_to_the_constraints(root: Path, locked: list[Locked]) -> None:
    lines = (root / "constraints.txt").read_text().splitlines()
    constraints = [Requirement(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]
    assert constraints
    for constraint in constraints:
        name = canonicalize_name(constraint.name)
        entries = [e for e in locked if canonicalize_name(e.requirement.name) == name]
        assert all(constraint.specifier.contains(entry.version) for entry in entries), constraint


def test_every_entry_is_exact_and_hashed(locked: list[Locked]) -> None:
    for entry in locked:
        assert entry.version
        assert entry.requirement.url is None
        assert entry.hashes, entry.requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in entry.hashes)


def test_the_lock_names_no_index_and_no_path(lock_text: str) -> None:
    assert lock_text.splitlines()[1].strip() == "#    make lock"
    outside = re.sub(r"--hash=\S+", "", lock_text)
    assert not re.search(r"://|file:|--(?!hash)|^-|^\.?/", outside, re.M)
    assert "seeing-attention" not in lock_text


def test_the_package_declares_lower_bounds_alone(project: dict) -> None:
    for wanted in map(Requirement, project["dependencies"]):
        assert [pin.operator for pin in wanted.specifier] == [">="], wanted


def test_one_range_of_pythons_everywhere(root: Path, project: dict) -> None:
    assert project["requires-python"] == f">={PYTHONS[0]}"
    workflow = yaml.safe_load((root / ".github/workflows/ci.yml").read_text())
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == list(PYTHONS)


def test_conda_brings_python_and_the_same_lock(root: Path) -> None:
    environment = yaml.safe_load((root / "environment.yml").read_text())
    python, pip, rest = environment["dependencies"]
    name, _, specifier = python.partition(" ")
    assert (name, pip) == ("python", "pip")
    allowed = SpecifierSet(specifier)
    assert all(f"{version}.4" in allowed for version in PYTHONS)
    assert "3.10.9" not in allowed
    assert "3.14.0" not in allowed
    assert rest == {"pip": ["-r requirements.txt"]}
    assert "pip install --no-deps -e ." in (root / "environment.yml").read_text()


def test_what_is_installed_is_what_is_locked(locked: list[Locked]) -> None:
    here = {key: str(value) for key, value in default_environment().items()}
    wanted = {e.requirement.name: e.version for e in locked if applies(e.requirement, here)}
    different = {name: pin for name, pin in wanted.items() if version(name) != pin}
    assert not different, f"not as locked ({different}): run `make setup`"


@pytest.mark.deep
def test_the_lock_is_reproduced(root: Path, script: Script, tmp_path: Path) -> None:
    copies = [tmp_path / name for name in ("requirements.txt", "pyproject.toml", "constraints.txt")]
    for copy in copies:
        copy.write_bytes((root / copy.name).read_bytes())
    for name in ("README.md", "LICENSE"):
        (tmp_path / name).write_bytes((root / name).read_bytes())
    script("setup").lock(tmp_path)
    assert copies[0].read_text() == (root / "requirements.txt").read_text()
