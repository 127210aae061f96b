"""Rows: which are wanted, there and missing; what they come to; and what is a trial."""

import ast
import importlib
import json
import sys
from dataclasses import replace

import pytest

from companion.experiments import Study, experiment_names, find_experiment
from companion.experiments.conduct import conduct, measure
from companion.records import append_line, read_lines

ROWS = [("plain", 0), ("plain", 1), ("good", 0)]


def test_every_experiment_has_the_name_it_is_found_by():
    assert experiment_names() == [
        *("alignments", "bake_off", "cifar10_augmented", "conv_families", "conv_speed"),
        *("few_digits", "hybrid_parts", "hybrid_words", "mnist_mended", "mnist_race"),
        *("norm_and_warmup", "one_shell", "photographs", "reversal", "scene_captions"),
        *("scene_looks", "scene_speed", "sentence_looks", "step_times", "translation"),
    ]
    for name in experiment_names():
        assert find_experiment(name).name == name
    with pytest.raises(ValueError, match="no experiment is named 'study'"):
        find_experiment("study")


@pytest.mark.parametrize("name", experiment_names())
def test_every_record_is_of_its_experiment_as_it_is(name, root):
    record = json.loads((root / "book" / "results" / f"{name}.json").read_text("utf-8"))
    study = Study(find_experiment(name), root, record["device"])
    assert record["experiment"] == name
    assert record["settings"] == study.settings
    assert sorted((row["variant"], row["seed"]) for row in record["rows"]) == sorted(study.wanted)
    assert record["held"] == all(check["held"] for check in record["checks"])
    titles = [check.title for check in study.experiment.checks]
    assert [check["title"] for check in record["checks"]] == titles
    for row in record["rows"]:
        assert all(form.format(**row) for form in study.experiment.columns.values())


def test_variants_times_their_seeds(study, experiment):
    assert study.wanted == study.missing() == ROWS
    seeds = replace(study, seeds=(5, 6))
    assert seeds.wanted == [(v, s) for v in ("plain", "good") for s in (5, 6)]
    assert not study.trial
    assert seeds.trial


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "mps"}, "--device mps: toy runs on cpu and cuda alone"),
        ({"changes": {"sizes": "3"}}, "--set sizes: toy has size, rate"),
        ({"changes": {"size": "big"}}, "--set size=big: must be a whole number"),
        ({"seeds": (1, 1)}, "--seeds 1 1: a seed is given twice"),
    ],
)
def test_what_an_experiment_does_not_take_is_refused_by_name(study, options, message):
    with pytest.raises(ValueError, match=message):
        replace(study, **options)


def test_the_record_says_settings_verdict_and_where_it_comes_from(study):
    assert measure(study) == []
    record = study.record()
    assert record["rows"] == [
        {"variant": "plain", "seed": 0, "score": 2},
        {"variant": "plain", "seed": 1, "score": 3},
        {"variant": "good", "seed": 0, "score": 20},
    ]
    assert record["settings"] == {"size": 2, "rate": 0.5}
    (check,) = record["checks"]
    assert check["title"] == "Good is ahead by"
    assert (check["measured"], check["band"], check["held"]) == (10, "at least 5", True)
    assert record["held"]
    made = record["provenance"]
    assert made["command"] == "python -m companion experiment toy --publish"
    assert made.keys() == {"command", "date", "hardware", "threads", "versions"}
    assert (record["device"], made["threads"]) == ("cpu", 1)
    assert json.loads(json.dumps(record)) == record


def test_a_check_can_fail(study):
    trial = replace(study, changes={"size": "1"})
    measure(trial)
    assert not trial.record()["held"]
    assert trial.record()["checks"][0]["measured"] == 0


def test_rows_of_other_settings_or_devices_are_other_rows(study):
    measure(study)
    for other in (replace(study, changes={"size": "7"}), replace(study, device="cuda")):
        assert other.missing() == ROWS
        assert other.folder("plain", 0) != study.folder("plain", 0)
    same = replace(study, changes={"size": "2"})
    assert same.missing() == []
    assert not same.trial


MODULE = """
def run(variant, seed, device, *, settings, folder):
    return {"score": 1}  # as far as it goes
"""


def test_rows_of_other_code_are_other_rows(experiment, tmp_path, monkeypatch):
    package = tmp_path / "rows_of_code"
    package.mkdir()
    (package / "scores.py").write_text("BEST = 1")
    (package / "__init__.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    run = importlib.import_module("rows_of_code").run
    monkeypatch.delitem(sys.modules, "rows_of_code")
    study = Study(replace(experiment, run=run), tmp_path)
    # What is edited after the study was made is not what runs.
    (package / "scores.py").write_text("BEST = 2")
    measure(study)
    assert study.missing() == []
    edited = replace(study)
    assert edited.missing() == ROWS
    assert edited.folder("plain", 0) != study.folder("plain", 0)
    measure(edited)
    (package / "__init__.py").write_text(MODULE.replace("as far as it goes", "rightly"))
    assert replace(edited).missing() == []


def test_no_record_before_all_rows_are_there(study):
    measure(study)
    lines = study.path.read_text().splitlines(keepends=True)
    study.path.write_text("".join(lines[1:]))
    assert study.missing() == [("plain", 0)]
    with pytest.raises(ValueError, match="1 of 3 rows are missing"):
        study.record()


def test_rows_of_two_machines_make_no_record(study, tmp_path):
    measure(study)
    lines = list(read_lines(study.path))
    study.path.unlink()
    lines[0]["provenance"]["date"] = "2020-01-01"
    for line in lines:
        append_line(study.path, line)
    assert study.record()["provenance"]["date"] > "2020-01-01"
    study.path.unlink()
    lines[0]["provenance"]["versions"] = {"torch": "1"}
    for line in lines:
        append_line(study.path, line)
    with pytest.raises(ValueError, match=r"measured in 2 ways.*rows\.jsonl"):
        study.record()


def test_a_torn_row_is_measured_again(study, calls):
    measure(study)
    content = study.path.read_bytes()
    study.path.write_bytes(content[:-9])
    assert study.missing() == [("good", 0)]
    calls.rows.clear()
    assert conduct(study) == 0
    assert [row[:2] for row in calls.rows] == [("good", 0)]
    assert study.missing() == []


def test_the_fingerprint_of_code_is_the_same_in_every_python(study, monkeypatch):
    # Python 3.12 gave each function and class a list of type parameters, mostly empty.
    monkeypatch.setattr(ast.FunctionDef, "_fields", (*ast.FunctionDef._fields, "type_params"))
    monkeypatch.setattr(ast.FunctionDef, "type_params", [], raising=False)
    assert replace(study).code == study.code
