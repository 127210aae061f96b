"""The chapters run on Colab: with its versions, its Python, from an empty folder, offline."""

import json
import subprocess
import sys

import pytest


def test_the_network_is_cut_and_loopback_is_not(isolated):
    if not isolated:
        pytest.skip("no network namespaces here: chapters run with the network they find")
    code = """if True:
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        socket.create_connection(server.getsockname()).close()
        try:
            socket.create_connection(("192.0.2.1", 80), timeout=60)
        except OSError as error:
            print(error.errno)
    """
    command = [*isolated, sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "101"  # ENETUNREACH


def test_chapter_runs_in_smoke(chapter, colab_or_reason, smoke, tmp_path):
    """In Colab's environment where Python 3.13 is found, else in the main one."""
    kernel = "colab" if colab_or_reason.python else ""
    result = smoke(chapter, kernel, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    executed = json.loads((tmp_path / "executed.ipynb").read_text())
    errors = [o for c in executed["cells"] for o in c.get("outputs", []) if "ename" in o]
    assert not errors


def test_a_chapter_sees_colab_and_an_empty_folder(colab, smoke, written, tmp_path):
    probe = written(
        "import google.colab, os, sys, numpy, torch, companion",
        "assert os.listdir() == [] and sys.version_info[:2] == (3, 13)",
        "assert PROFILE == 'smoke' and 'COMPANION_DATA' not in os.environ",
        "assert numpy.__version__ == '2.1.3' and torch.__version__.startswith('2.11.')",
    )
    result = smoke(probe, "colab", tmp_path, COMPANION_DATA=str(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "source", ["1 / 0", "import urllib.request as r; r.urlopen('http://192.0.2.1')"]
)
def test_a_chapter_that_fails_or_goes_online_is_caught(
    colab, smoke, isolated, written, tmp_path, source
):
    if "urlopen" in source and not isolated:
        pytest.skip("no network namespaces here")
    result = smoke(written(source), "colab", tmp_path)
    assert result.returncode == 1
    assert ("ZeroDivisionError" if source == "1 / 0" else "Network is unreachable") in result.stdout
