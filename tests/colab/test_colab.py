"""The chapters run on Colab: with its versions, its Python, from an empty folder, offline."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from loopback import can_isolate

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
    assert "seeing-attention" not in before
    assert {name: after[name] for name in before} == before
    assert before["torch"].startswith("2.11.")
    assert "seeing-attention" in installed(colab)


def test_a_changed_version_would_be_noticed():
    from colab import changes

    before = {"numpy": "2.1.3", "torch": "2.11.0", "rich": "13.9.4"}
    assert changes(before, {**before, "pooch": "1.9.0"}) == []
    after = {"numpy": "2.4.6", "torch": "2.11.0"}
    assert changes(before, after) == ["numpy 2.1.3 -> 2.4.6", "rich 13.9.4 -> removed"]


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
    subprocess.run([sys.executable, SCRIPTS / "colab.py", "setup"], check=True, capture_output=True)
    assert record.stat().st_mtime_ns == before


def test_the_network_is_cut_and_loopback_is_not():
    if not can_isolate():
        pytest.skip("no network namespaces here: chapters run with the network they find")
    code = """if True:
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        socket.create_connection(server.getsockname()).close()
        try:
            socket.create_connection(("192.0.2.1", 80), timeout=5)
        except OSError as error:
            print(error.errno)
    """
    command = [sys.executable, str(SCRIPTS / "loopback.py"), sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "101"  # ENETUNREACH


def test_chapter_runs_in_smoke(chapter, colab_or_reason, outside, tmp_path):
    """In Colab's environment where Python 3.13 is found, else in the main one."""
    kernel = "colab" if colab_or_reason.python else "python3"
    result = smoke(chapter, kernel, outside, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    executed = json.loads((tmp_path / "executed.ipynb").read_text())
    errors = [o for c in executed["cells"] for o in c.get("outputs", []) if "ename" in o]
    assert not errors


def smoke(notebook, kernel, environment, folder):
    run = [sys.executable, SCRIPTS / "smoke.py", notebook, folder / "executed.ipynb"]
    command = [sys.executable, SCRIPTS / "loopback.py", *run, "--kernel", kernel]
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def written(folder, *sources):
    import nbformat.v4 as v4

    notebook = v4.new_notebook()
    for source in ('PROFILE = "book"\nSEED = 0', *sources):
        notebook.cells.append(v4.new_code_cell(source))
    notebook.cells[0].metadata["tags"] = ["parameters"]
    (folder / "00_probe.ipynb").write_text(json.dumps(notebook))
    return folder / "00_probe.ipynb"


def test_a_chapter_sees_colab_and_an_empty_folder(colab, outside, tmp_path):
    probe = written(
        tmp_path,
        "import google.colab, os, sys, numpy, torch, companion",
        "assert os.listdir() == [] and sys.version_info[:2] == (3, 13)",
        "assert PROFILE == 'smoke' and 'COMPANION_DATA' not in os.environ",
        "assert numpy.__version__ == '2.1.3' and torch.__version__.startswith('2.11.')",
    )
    result = smoke(probe, "colab", {**outside, "COMPANION_DATA": str(tmp_path)}, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "source", ["1 / 0", "import urllib.request as r; r.urlopen('http://192.0.2.1')"]
)
def test_a_chapter_that_fails_or_goes_online_is_caught(colab, outside, tmp_path, source):
    if "urlopen" in source and not can_isolate():
        pytest.skip("no network namespaces here")
    result = smoke(written(tmp_path, source), "colab", outside, tmp_path)
    assert result.returncode == 1
    assert ("ZeroDivisionError" if source == "1 / 0" else "Network is unreachable") in result.stdout
