"""Colab's environment is Colab's, and the book's package goes into it without moving anything."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"


def installed(python: Path) -> dict[str, str]:
    command = [str(python), "-m", "pip", "list", "--format=json"]
    listed = json.loads(subprocess.check_output(command, text=True))
    return {item["name"].lower().replace("_", "-"): item["version"] for item in listed}


def wanted() -> dict[str, str]:
    lines = (ROOT / "tests" / "colab" / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if "==" in line]
    return {name.lower().replace("_", "-"): version for name, version in pairs}


def test_every_version_is_colabs(colab):
    have = installed(colab)
    assert {"torch", "torchvision", "numpy", "transformers", "ipykernel"} <= set(have)
    different = {name: v for name, v in wanted().items() if have.get(name, v) != v}
    assert not different


def test_python_is_colabs(colab):
    code = "import sys; print(sys.version_info[:2])"
    assert subprocess.check_output([colab, "-c", code], text=True).strip() == "(3, 13)"


def test_installing_the_package_changed_no_version(colab):
    record = json.loads((colab.parents[1] / "colab.json").read_text())
    before, after = record["before"], record["after"]
    assert not [line for line in before if "seeing-attention" in line]
    assert set(before) <= set(after)
    assert any(line.startswith("torch==2.11.") for line in before)
    assert "seeing-attention" in installed(colab)


def test_a_changed_version_would_be_noticed(monkeypatch, tmp_path):
    import colab

    versions = iter((["numpy==2.1.3", "rich==13.9.4"], ["numpy==2.4.6", "pooch==1.9.0"]))
    monkeypatch.setattr(colab, "frozen", lambda _: next(versions))
    monkeypatch.setattr(colab, "RECORD", tmp_path / "colab.json")
    colab.RECORD.write_text('{"environment": "key"}')

    def run(command, what, root):
        if "build" in command:
            (Path(command[3]) / "a.whl").touch()

    monkeypatch.setattr(colab, "run", run)
    with pytest.raises(
        colab.SetupError, match=r"versions of Colab: numpy==2\.1\.3, rich==13\.9\.4"
    ):
        colab.install_package("uv")
    assert not colab.RECORD.exists()


def test_the_installed_package_is_the_wheel(colab, tmp_path):
    code = "import companion; print(companion.__file__)"
    where = subprocess.check_output([colab, "-c", code], text=True, cwd=tmp_path).strip()
    assert Path(where).is_relative_to(colab.parents[1])
    packaged = {p.relative_to(Path(where).parent) for p in Path(where).parent.rglob("*")}
    package = ROOT / "companion"
    ours = {p.relative_to(package) for p in package.rglob("*") if "__pycache__" not in p.parts}
    assert {p for p in ours if (package / p).is_file()} <= packaged


def test_setting_up_again_does_nothing(colab):
    record = colab.parents[1] / "colab.json"
    before = record.stat().st_mtime_ns
    subprocess.run([sys.executable, SCRIPTS / "colab.py"], check=True, capture_output=True)
    assert record.stat().st_mtime_ns == before


def test_where_there_is_no_python_of_colabs_one_line_says_so(tmp_path):
    nowhere = {"PATH": str(tmp_path), "HOME": str(tmp_path), "UV_PYTHON_INSTALL_DIR": str(tmp_path)}
    command = [sys.executable, str(SCRIPTS / "colab.py")]
    done = subprocess.run(command, env=nowhere, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("colab: no Python 3.13 here")
    assert done.stderr.count("\n") == 1


@pytest.fixture
def without_package(colab):
    """Colab's environment before the set-up cell has run; brought back afterwards."""
    record = colab.parents[1] / "colab.json"
    kept = {key: value for key, value in json.loads(record.read_text()).items() if key != "package"}
    record.write_text(json.dumps(kept))
    subprocess.run([colab, "-m", "pip", "uninstall", "-qy", "seeing-attention"], check=True)
    yield colab
    subprocess.run([sys.executable, SCRIPTS / "colab.py"], check=True, capture_output=True)


def committed(folder):
    """A git repository that holds what the package is built from."""
    shutil.copytree(ROOT / "companion", folder / "companion")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "All"), ("tag", "v1")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder.as_uri()


def test_the_set_up_cell_installs_the_package_and_changes_no_version(
    without_package, smoke, written, tmp_path
):
    from setup_cell import setup_cell

    before = installed(without_package)
    url = committed(tmp_path / "origin")
    probe = written(setup_cell(url, "v1"), "import companion, sys\ncompanion.__file__")
    result = smoke(probe, "colab", tmp_path, network=True)
    if "ConnectionError" in result.stdout or "No matching distribution" in result.stdout:
        pytest.skip("the package index cannot be reached: the set-up cell cannot be tried")
    assert result.returncode == 0, result.stdout + result.stderr
    after = installed(without_package)
    assert {**before, "seeing-attention": after["seeing-attention"]} == after
