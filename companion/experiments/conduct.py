"""Carry a study out: measure the rows that are missing, in processes or on a cluster, and publish.

Each row is kept as soon as it is there, so that whoever ends the process loses those under way at
most, and of these not what their checkpoints hold.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import joblib
import torch

from companion.experiments.report import progress_bar, show_study
from companion.experiments.study import Study
from companion.records.lines import append_line
from companion.records.provenance import provenance, write_record

# What is installed under another name than it is imported by.
INSTALLED_AS = {"distributed": "'dask[distributed]'", "vit_pytorch": "vit-pytorch"}


def conduct(study: Study, *, jobs: int = 1, cluster: str = "", publish: bool = False) -> int:
    """Measure what is missing, show what there is, and publish it where that is asked for.

    Args:
        study: what to measure.
        jobs: processes at a time.
        cluster: address of a Dask scheduler, whose workers are used instead.
        publish: write `book/results/<name>.json` when all rows are there.

    Returns:
        0, or 1 when a check does not hold or a row could not be measured.

    Raises:
        ValueError: an option does not go with the experiment or another, or a package is missing.
    """
    name = study.experiment.name
    if publish and study.trial:
        raise ValueError("--publish takes no --seeds and no --set: a trial never makes a record")
    if jobs < 1:
        raise ValueError(f"--jobs {jobs}: give at least 1")
    if study.experiment.timed and (jobs > 1 or cluster):
        option = "--cluster" if cluster else "--jobs"
        raise ValueError(f"{option}: {name} measures time, so its rows must run one by one")
    if study.device == "cuda" and not cluster and not torch.cuda.is_available():
        raise ValueError("--device cuda: torch finds no CUDA device here; use --device cpu")
    require_packages(*study.experiment.needs)
    failures = measure(study, jobs=jobs, cluster=cluster)
    record = None if study.missing() else study.record()
    show_study(study, record, failures)
    if publish and record is not None:
        write_record(study.root / "book" / "results" / f"{name}.json", record)
    return int(record is None or not record["held"])


def require_packages(*names: str) -> None:
    """Refuse to begin what would fail for want of a package.

    Raises:
        ValueError: with the command that installs what is missing.
    """
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        listed = " ".join(INSTALLED_AS.get(name, name) for name in missing)
        raise ValueError(f"{', '.join(missing)}: not installed; pip install {listed}")


def measure(study: Study, *, jobs: int = 1, cluster: str = "") -> list[str]:
    """Measure the rows that are missing and keep each as it comes; why others could not be."""
    failures, missing, total = [], study.missing(), len(study.wanted)
    calls = [
        joblib.delayed(measure_row)(
            *(study.experiment.run, *key, study.device, study.settings),
            folder=study.folder(*key),
            command=study.command,
        )
        for key in missing
    ]
    with (
        _workers(cluster) if cluster else nullcontext(jobs) as workers,
        progress_bar(study.experiment.name, done=total - len(missing), total=total) as advance,
    ):
        pool = joblib.Parallel(workers, batch_size=1, return_as="generator_unordered")
        for line in pool(calls):
            if "failure" in line:
                failures.append(line["failure"])
            else:
                append_line(study.path, study.identity | line)
                row = line["row"]
                shutil.rmtree(study.folder(row["variant"], row["seed"]), ignore_errors=True)
            advance()
    return failures


def measure_row(
    run: Callable[..., dict[str, Any]],
    variant: str,
    seed: int,
    device: str,
    settings: Mapping[str, Any],
    *,
    folder: Path,
    command: str,
) -> dict[str, Any]:
    """A row as it is kept, measured on one thread; or why it failed, as "failure"."""
    torch.set_num_threads(1)
    try:
        values = run(variant, seed, device, settings=settings, folder=folder)
        json.dumps(values, allow_nan=False)
    except Exception as error:
        # The other rows need not suffer from it.
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "error.txt").write_text(traceback.format_exc(), encoding="utf-8")
        return {"failure": f"{variant}, seed {seed}: {type(error).__name__}: {error}"}
    return {
        "provenance": provenance(command, threads=torch.get_num_threads()),
        "row": {"variant": variant, "seed": seed, **values},
    }


@contextmanager
def _workers(cluster: str) -> Iterator[int]:
    """Joblib on a Dask cluster; -1, which is all of its workers."""
    require_packages("distributed")
    from distributed import Client

    with Client(cluster, timeout="30s") as client, joblib.parallel_config("dask"):
        client.wait_for_workers(1, timeout=60)
        # Rows share torch's random state and its number of threads with all of their process.
        if (most := max(client.nthreads().values())) > 1:
            raise ValueError(f"--cluster: a worker has {most} threads: start it with --nthreads 1")
        yield -1
