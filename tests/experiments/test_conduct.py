"""Measuring what is missing, keeping each row at once, and publishing only what may be."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from companion.experiments import conduct
from companion.experiments.conduct import measure, require_packages
from companion.experiments.study import Study
from companion.records import read_lines


def record_of(study: Study):
    return study.root / "book" / "results" / "toy.json"


def test_rows_that_are_there_are_not_measured_again(study, calls):
    assert conduct(study) == 0
    assert [row[:2] for row in calls.rows] == study.wanted
    assert conduct(study) == 0
    assert len(calls.rows) == 3


def test_a_row_is_kept_as_soon_as_it_is_there(study, calls):
    calls.failing["good"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        measure(study)
    assert study.missing() == [("good", 0)]
    calls.failing.clear()
    measure(study)
    assert [row[:2] for row in calls.rows] == [*study.wanted, ("good", 0)]


def test_a_row_that_fails_leaves_the_others_be(study, calls, capsys):
    calls.failing["plain"] = RuntimeError("no luck")
    assert conduct(study, publish=True) == 1
    out = capsys.readouterr().out
    assert "failed: plain, seed 1: RuntimeError: no luck" in out
    assert "missing: plain, seed 0; plain, seed 1" in out
    assert study.missing() == [("plain", 0), ("plain", 1)]
    assert "no luck" in (study.folder("plain", 0) / "error.txt").read_text()
    assert not record_of(study).exists()


def test_what_is_no_json_is_a_failure_of_its_row(study, experiment):
    odd = replace(experiment, run=lambda *_, **__: {"score": float("nan")})
    (first, *_) = measure(replace(study, experiment=odd))
    assert first.startswith("plain, seed 0: ValueError")
    assert study.missing() == study.wanted


def test_only_publishing_writes_a_record(study):
    assert conduct(study) == 0
    assert not record_of(study).exists()
    assert conduct(study, publish=True) == 0
    assert json.loads(record_of(study).read_text()) == json.loads(json.dumps(study.record()))


@pytest.mark.parametrize("trial", [{"seeds": (7,)}, {"changes": {"size": "9"}}])
def test_a_trial_never_touches_the_record(study, calls, trial, capsys):
    conduct(study, publish=True)
    before = record_of(study).read_bytes()
    calls.rows.clear()
    assert conduct(replace(study, **trial)) == 0
    assert "a trial" in capsys.readouterr().out
    with pytest.raises(ValueError, match="--publish takes no --seeds and no --set"):
        conduct(replace(study, **trial), publish=True)
    assert record_of(study).read_bytes() == before
    # The rows of the trial are none of the study's.
    assert conduct(study, publish=True) == 0
    assert json.loads(record_of(study).read_text())["rows"] == json.loads(before)["rows"]


def test_a_check_that_fails_is_the_exit_status(study, capsys):
    assert conduct(replace(study, changes={"size": "1"})) == 1
    assert "✗ Good is ahead by: 0, to be at least 5" in capsys.readouterr().out


def test_checkpoints_go_when_the_row_is_there(study, experiment):
    seen = []

    def keep(variant, seed, device, *, settings, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "state").write_text("half way")
        seen.append(folder)
        if variant == "good":
            raise RuntimeError("broken off")
        return {"score": 1}

    measure(replace(study, experiment=replace(experiment, run=keep)))
    assert [folder.exists() for folder in seen] == [False, False, True]
    assert (seen[2] / "state").read_text() == "half way"


def test_rows_that_are_timed_run_one_by_one(study, experiment):
    timed = replace(study, experiment=replace(experiment, timed=True))
    with pytest.raises(ValueError, match="--jobs: toy measures time"):
        conduct(timed, jobs=2)
    with pytest.raises(ValueError, match="--cluster: toy measures time"):
        conduct(timed, cluster="tcp://127.0.0.1:1")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there(study, calls):
    with pytest.raises(ValueError, match="--device cpu"):
        conduct(replace(study, device="cuda"))
    assert calls.rows == []


def test_a_missing_package_is_said_before_anything_is_measured(study, experiment, calls):
    lacking = replace(study, experiment=replace(experiment, needs=("torch", "no_such_package")))
    with pytest.raises(ValueError, match="pip install no_such_package"):
        conduct(lacking)
    assert calls.rows == []
    with pytest.raises(ValueError, match="pip install vit-pytorch-x"):
        require_packages("vit-pytorch-x")


# A module of its own, which other processes can import.
SLOW = """
import os, time
from pathlib import Path
import torch
from companion.experiments import Experiment, Study
from companion.experiments.conduct import measure

def run(variant, seed, device, *, settings, folder):
    while variant == "stuck" and not Path(os.environ["GO"]).exists():
        time.sleep(0.05)
    return {"process": os.getpid(), "threads": torch.get_num_threads()}

def study(root):
    variants = {"a": (0, 1, 2, 3), "stuck": (0,)}
    settings = {"cpu": {"size": 1}}
    experiment = Experiment("slow", "", variants, settings, run, {}, ())
    return Study(experiment, Path(root))
"""


@pytest.fixture
def slow(tmp_path, monkeypatch):
    (tmp_path / "slow_rows.py").write_text(SLOW)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("GO", str(tmp_path / "go"))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield __import__("slow_rows").study(tmp_path)
    del sys.modules["slow_rows"]


def test_rows_run_in_several_processes_of_one_thread_each(slow, tmp_path):
    (tmp_path / "go").touch()
    assert measure(slow, jobs=2) == []
    rows = [line["row"] for line in slow.finished().values()]
    assert len(rows) == 5
    assert os.getpid() not in {row["process"] for row in rows}
    assert {row["threads"] for row in rows} == {1}
    assert {line["provenance"]["threads"] for line in slow.finished().values()} == {1}


@pytest.mark.skipif(os.name == "nt", reason="no such signal on Windows")
@pytest.mark.parametrize("jobs", [1, 2])
def test_whoever_kills_the_process_loses_the_row_under_way_alone(slow, tmp_path, jobs):
    code = f"import slow_rows; slow_rows.measure(slow_rows.study({str(tmp_path)!r}), jobs={jobs})"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    while len(list(read_lines(slow.path))) < 4:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert slow.missing() == [("stuck", 0)]
    (tmp_path / "go").touch()
    assert measure(slow) == []
    assert slow.missing() == []


CLUSTER = """
import sys
import time
from distributed import LocalCluster
import slow_rows
from companion.experiments.conduct import measure

if __name__ == "__main__":
    threads = int(sys.argv[2])
    with LocalCluster(2, threads_per_worker=threads, dashboard_address=None) as cluster:
        print(measure(slow_rows.study(sys.argv[1]), cluster=cluster.scheduler_address))
"""


def cluster(tmp_path, threads):
    (tmp_path / "cluster.py").write_text(CLUSTER)
    (tmp_path / "go").touch()
    command = [sys.executable, tmp_path / "cluster.py", tmp_path, str(threads)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_dask_cluster_measures_the_rows(slow, tmp_path):
    pytest.importorskip("distributed")
    done = cluster(tmp_path, 1)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    rows = [line["row"] for line in slow.finished().values()]
    assert len(rows) == 5
    assert len({row["process"] for row in rows}) in (1, 2)
    assert os.getpid() not in {row["process"] for row in rows}


def test_workers_whose_rows_would_share_a_process_are_refused(slow, tmp_path):
    pytest.importorskip("distributed")
    done = cluster(tmp_path, 2)
    assert "a worker has 2 threads: start it with --nthreads 1" in done.stderr
    assert slow.finished() == {}


def test_without_dask_its_remedy_is_told(study, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"pip install 'dask\[distributed\]'"):
        measure(study, cluster="tcp://127.0.0.1:1")
