"""Every record says in one format how, when and on what it was measured."""

import json
import re
import sys

import pytest

from companion.records import hardware, in_words, machine, provenance, versions, write_record


def test_provenance_names_command_date_hardware_threads_and_versions():
    found = provenance("python -m companion experiment x", threads=1)
    assert list(found) == ["command", "date", "hardware", "threads", "versions"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"])
    assert found["hardware"] == hardware()
    assert {"python", "torch", "numpy"} <= found["versions"].keys()
    assert json.loads(json.dumps(found)) == found


def test_the_hardware_in_words():
    found = {"processor": "P", "cores": 2, "memory_gb": 25.3, "accelerator": "none", "system": "S"}
    assert in_words(found) == "P, 2 cores, 25.3 GB, S"
    assert in_words(found | {"accelerator": "cuda: X"}) == "P, 2 cores, 25.3 GB, cuda: X, S"


def test_packages_that_are_not_there_have_no_version():
    assert versions(["torch", "no-such-package"]).keys() == {"python", "torch"}


def test_memory_is_psutils_and_known_without_it(monkeypatch):
    psutil = pytest.importorskip("psutil")
    wanted = psutil.virtual_memory().total
    assert machine.memory() == pytest.approx(wanted, rel=0.02)
    if sys.platform != "win32":
        monkeypatch.setitem(sys.modules, "psutil", None)
        assert machine.memory() == pytest.approx(wanted, rel=0.02)


def test_a_record_is_replaced_whole(tmp_path):
    path = tmp_path / "results" / "x.json"
    write_record(path, {"a": "ä"})
    write_record(path, {"a": 1e-05, "b": [1]})
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": 1e-05, "b": [1]}
    assert [file.name for file in path.parent.iterdir()] == ["x.json"]


def test_every_record_has_that_format(root):
    results, weights = root / "book" / "results", root / "book" / "weights"
    paths = [*results.glob("*.json"), *weights.glob("*.json")]
    assert len(paths) > 5
    for path in paths:
        made = json.loads(path.read_text("utf-8"))["provenance"]
        assert list(made) == ["command", "date", "hardware", "threads", "versions"], path.name
        assert made["command"].startswith("python ")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", made["date"])
        assert in_words(made["hardware"])
