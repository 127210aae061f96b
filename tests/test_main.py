"""The command line: what it refuses, what it shows, what it returns, and how fast it starts."""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from companion import __main__ as cli, experiments, runner
from companion.lessons.claims import KEYS
from companion.runner import doctor, report

CLAIM = dict.fromkeys(KEYS) | {"id": "a", "title": "A", "value": 1, "band": "at least 2"}


@pytest.fixture
def call(capsys):
    """What a command line returns, and what it says on both streams."""

    def called(*words):
        try:
            status = cli.main(words)
        except SystemExit as done:
            status = done.code
        said = capsys.readouterr()
        return SimpleNamespace(exit_code=status, stdout=said.out, stderr=said.err)

    return called


@pytest.fixture
def orders(monkeypatch):
    """The orders given to the runner, which finds everything well unless told otherwise."""
    given = []

    def carry_out(order, chapters, **options):
        given.append((order, [path.stem for path in chapters], options["jobs"]))
        return carry_out.results

    carry_out.results = [runner.RunResult("04_vit", "passed", 1.5, 200.0)]
    monkeypatch.setattr(runner, "carry_out", carry_out)
    given.append(carry_out)
    return given


def test_options_become_an_order(call, orders):
    args = "run 04_vit --profile smoke --set epochs=3 --set lr=0.1 --seeds 0 1 2 --jobs 2"
    assert call(*args.split(), "--timeout", "60").exit_code == 0
    order, chapters, jobs = orders[1]
    assert (order.profile, order.seeds, order.timeout) == ("smoke", (0, 1, 2), 60.0)
    assert order.changes == {"epochs": "3", "lr": "0.1"}
    assert (chapters, jobs) == (["04_vit"], 2)
    assert (order.cached, order.store, order.confirm) == (False, False, False)


def test_chapters_may_stand_among_the_options(call, orders):
    assert call("run", "04", "--jobs", "2", "05", "--seeds", "1", "03").exit_code == 0
    assert sorted(orders[1][1]) == ["03_captioning", "04_vit", "05_inside_vit"]


def test_seeds_may_be_confirmed(call, orders):
    assert call("run", "04", "--seeds", "3", "4", "5", "--confirm").exit_code == 0
    order, chapters, _ = orders[1]
    assert (order.confirm, order.seeds, chapters) == (True, (3, 4, 5), ["04_vit"])


@pytest.mark.parametrize(
    ("args", "seeds"),
    [
        ("--seeds 3 4 04_vit", (3, 4)),
        ("04_vit --seeds 7", (7,)),
        ("--seeds 1 --seeds 2 04_vit", (1, 2)),
        ("--seeds 1 2 --jobs 3 04_vit", (1, 2)),
        ("--jobs 3 04_vit", ()),
        ("04_vit --seeds 1 --profile smoke --seeds 2", (1, 2)),
        ("--seeds 1 04", (1,)),
        ("04_vit", ()),
    ],
)
def test_seeds_are_numbers_after_their_option(call, orders, args, seeds):
    result = call("run", *args.split())
    assert result.exit_code == 0, result.stderr
    assert orders[1][0].seeds == seeds
    assert orders[1][1] == ["04_vit"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ("run no_such", "error: 'no_such' names 0 chapters; the book has: "),
        ("run --profile fast", "error: --profile fast is unknown"),
        ("run --set epochs", "error: --set epochs: write it as NAME=VALUE"),
        ("run --set =3", "error: --set =3: write it as NAME=VALUE"),
        ("run --store --seeds 1 2", "error: --cached and --store take no"),
        ("run --confirm", "error: --confirm takes new --seeds"),
        (
            "experiment no_such",
            "error: no experiment is named 'no_such': choose one of alignments, ",
        ),
        ("experiment --jobs 2", "error: say which experiment these options are for"),
        ("experiment scene_speed translation", "error: scene_speed translation: one experiment"),
        ("experiment scene_speed --device cuda", "error: --device cuda: scene_speed runs on cpu"),
        ("experiment scene_speed --set size=3", "error: --set size: scene_speed has repeats"),
        ("experiment scene_speed --seeds 7 --publish", "error: --publish takes no --seeds"),
        ("experiment scene_speed --jobs 2", "error: --jobs: scene_speed measures time"),
    ],
)
def test_mistakes_are_told_in_one_line(call, orders, args, words):
    result = call(*args.split())
    assert result.exit_code == 2
    assert result.stderr.startswith(words)
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ([("passed", None), ("unchanged", None)], 0),
        ([("passed", None), ("failed", None)], 1),
        ([("timed out", None)], 1),
        ([("passed", False)], 1),
        ([("failed", None), ("interrupted", None)], 130),
    ],
)
def test_the_exit_status_tells_how_it_went(call, orders, results, status):
    orders[0].results = [
        runner.RunResult(f"0{i}_x", status, claims=(CLAIM | {"held": held},))
        for i, (status, held) in enumerate(results)
    ]
    assert call("run").exit_code == status


def test_the_summary_names_what_went_wrong_and_where(capsys, tmp_path):
    claims = tuple(CLAIM | {"held": held} for held in (True, True, None, False))
    report.show_summary(
        [
            runner.RunResult("01_a", "passed", 12.34, 567.8, claims, seed=2),
            runner.RunResult("02_b", "failed", error="In [3]: [boom]", notebook=tmp_path / "02_b"),
            runner.RunResult("03_c", "unchanged", 99.0, 99.0),
        ]
    )
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if "01_a" in line)
    assert row.replace("│", "").split() == ["01_a", "2", "✗", "passed", "12.3", "568", *"211"]
    assert "99" not in next(line for line in lines if "03_c" in line)
    assert "02_b: In [3]: [boom]" in lines
    assert f"  notebook kept in {tmp_path / '02_b'}" in lines
    assert "01_a, seed 2: A: measured 1, but the claim is at least 2" in lines


def test_bars_stay_out_of_logs(capfd):
    task = runner.Task(Path("a.ipynb"), Path("out.ipynb"), "book")
    with report.Bars() as bars:
        bars.cell(task, 1, 2)
        bars.end(task, runner.RunResult("a", "passed"))
        bars.end(task, runner.RunResult("a", "passed"))
    out, err = capfd.readouterr()
    assert (out, err.strip()) == ("", "")


@pytest.mark.parametrize("args", ["--seeds", "--seeds --jobs 2", "--seeds 04_vit", "1 --seeds"])
def test_seeds_without_numbers_are_refused(call, orders, args):
    result = call("run", *args.split())
    assert result.exit_code == 2
    assert "--seeds needs numbers" in result.stderr
    assert len(orders) == 1


def test_a_pipe_without_our_signs_is_no_crash():
    code = (
        "from companion import __main__ as cli;"
        "cli.COMMANDS['doctor'] = lambda _: print('at \\u2713 \\u2502'); cli.main(['doctor'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, [b"at", b"?", b"?"]), done.stderr


@pytest.mark.parametrize(
    "words",
    ["run --what", "run --seed 1", "run --jobs 0", "run --jobs two", "run --timeout -1", "bench"],
)
def test_what_is_no_option_is_refused(call, orders, words):
    result = call(*words.split())
    assert result.exit_code == 2
    assert "error: " in result.stderr
    assert len(orders) == 1


def test_an_experiment_gets_its_options(call, monkeypatch, root):
    given = []

    def conduct(study, **options):
        given.append((study, options))
        return 1

    monkeypatch.setattr(experiments, "conduct", conduct)
    options = "--seeds 3 4 translation --set epochs=2 --device cuda --jobs 2 --cluster tcp://x:1"
    assert call("experiment", *options.split()).exit_code == 1
    (study, rest) = given[0]
    assert (study.experiment.name, study.root, study.device) == ("translation", root, "cuda")
    assert (study.seeds, study.changes) == ((3, 4), {"epochs": "2"})
    assert rest == {"jobs": 2, "cluster": "tcp://x:1", "publish": False}
    assert call("experiment", "translation", "--publish").exit_code == 1
    assert given[1][1] == {"jobs": 1, "cluster": "", "publish": True}


def test_experiments_alone_lists_what_is_there_and_what_is_missing(call, monkeypatch, tmp_path):
    (tmp_path / "book" / "results").mkdir(parents=True)
    record = tmp_path / "book" / "results" / "scene_speed.json"
    record.write_text('{"device": "cpu", "provenance": {"date": "2026-01-02"}}')
    monkeypatch.setattr(runner, "find_root", lambda: tmp_path)
    result = call("experiment")
    assert result.exit_code == 0
    rows = [line.replace("│", " ").split() for line in result.stdout.splitlines()]
    found = {row[0]: row[-4:] for row in rows if row and row[0] in experiments.experiment_names()}
    assert found["scene_speed"] == ["cpu", "0", "3", "2026-01-02"]
    assert found["mnist_race"] == ["cpu", "0", "6", "missing"]


def test_an_interrupt_is_no_crash(call, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, "doctor", interrupted)
    assert call("doctor").exit_code == 130


def test_help_is_quick_and_imports_nothing_heavy():
    heavy = ("torch", "numpy", "nbclient", "nbformat", "IPython", "matplotlib", "rich")
    code = (
        "import sys\nfrom companion.__main__ import main\n"
        "for words in ([], ['--help'], ['run', '--help'], ['experiment', '--help']):\n"
        "    try: main(words)\n"
        "    except SystemExit as done: assert not done.code\n"
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for word in ("doctor", "--confirm", "--store", "--cluster", "--publish"):
        assert word in done.stdout


def test_the_doctor_says_what_is_here(capsys, root):
    assert report.show_doctor(root) == 0
    shown = capsys.readouterr().out
    for word in ("Python", "Device", "Data: cifar10", "torch", "04_vit", "every chapter would run"):
        assert word in shown


def test_the_doctor_finds_what_is_missing_and_says_how_to_mend_it(monkeypatch, root, capsys):
    there = doctor.importlib.util.find_spec
    away = lambda name: None if name == "timm" else there(name)  # noqa: E731
    monkeypatch.setattr(doctor.importlib.util, "find_spec", away)
    needs = {row.profile: row for row in doctor.outlooks([root / "book" / "04_vit.ipynb"])}
    assert not needs["book"].good
    assert needs["book"].lacks == ("timm (uv pip install -e '.[chapters]')",)
    assert report.show_doctor(root) == 1
    assert "would not run: 04_vit" in capsys.readouterr().out


def test_the_doctor_needs_no_clone(monkeypatch, tmp_path, capsys):
    assert report.show_doctor(None) == 0
    assert "no clone" in capsys.readouterr().out


def test_data_that_is_not_at_hand_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("COMPANION_DATA", str(tmp_path))
    monkeypatch.setattr("companion.data.folders.cache_folder", lambda: tmp_path / "none")
    found = {row.topic: row for row in doctor.findings(None)}
    for topic, fetched_by in (
        ("Data: mnist", "`full`"),
        ("Data: multi30k", "experiment translation"),
    ):
        assert found[topic].good is None
        assert "COMPANION_DATA" in found[topic].remedy
        assert fetched_by in found[topic].remedy
    monkeypatch.setenv("COMPANION_DATA", str(tmp_path / "wrong"))
    found = {row.topic: row for row in doctor.findings(None)}
    for topic in ("Data: mnist", "Data: multi30k"):
        assert found[topic].good is False
        assert "wrong is not a folder" in found[topic].text


def with_code(folder, source):
    """A chapter of one cell, in a file."""
    cell = {"cell_type": "code", "source": source.splitlines(keepends=True)}
    (folder / "01_a.ipynb").write_text(json.dumps({"cells": [cell]}))
    return folder / "01_a.ipynb"


@pytest.mark.parametrize(
    ("source", "lacks"),
    [
        ("import absent.layers as t", ("absent (uv pip install absent)",)),
        ("if True:\n    from absent import layers", ("absent (uv pip install absent)",)),
        ("import torch\nimport os\nfrom companion.parts import blocks", ()),
        ("words = 'a word'  # import absent\ntext = 'from absent people'", ()),
        ("from google.colab import files", ()),
    ],
)
def test_a_chapter_lacks_what_it_imports_and_is_not_installed(tmp_path, source, lacks):
    row = doctor.outlooks([with_code(tmp_path, source)])[0]
    assert (row.lacks, row.good) == (lacks, not lacks)


def test_every_chapter_lacks_what_the_package_itself_asks_for(monkeypatch, tmp_path):
    known = metadata.version
    gone = lambda name: known("no-such-package" if name == "einops" else name)  # noqa: E731
    monkeypatch.setattr(metadata, "version", gone)
    row = doctor.outlooks([with_code(tmp_path, "")])[0]
    assert row.lacks == ("einops (uv pip install einops)",)
