"""What the command line orders: the cache, stored outputs, and results over seeds."""

import json
import platform

import nbformat
import pytest

from companion import runner
from companion.lessons.claims import KEYS, MIME
from companion.runner import orders, pool
from companion.runner.inputs import begin_record, stored_record
from companion.runner.notebooks import read, write
from companion.runner.recorder import fingerprint

# The same outputs as a lesson's, without the seconds that torch takes to import.
QUICK = """from IPython.display import display
from companion.lessons.bands import at_least
from companion.lessons.card import claim_html, claim_text
from companion.lessons.claims import MIME
claim = {"id": "grows", "title": "Grows", "source": "s", "exact": False, "profile": PROFILE}
claim |= {"seed": SEED, "value": 2 * SEED, "unit": "", "band": "at least 1", "low": 1}
claim |= {"high": None, "expected": None, "held": SEED > 0, "changed": []}
claim |= {"against": "", "n": None, "error": None}
data = {"text/plain": claim_text(claim), "text/html": claim_html(claim), MIME: claim}
display(data, raw=True)
from companion.lessons import curves
curves.show = lambda text, html, more: display({"text/plain": text, **more}, raw=True)
curves.keep_curves("Right", {"it": [SEED / 2, 1.0]}, x=[4, 8], x_label="n", unit="%")"""


def test_seeds_are_recorded_even_where_a_band_is_missed(clone, chapter):
    path = chapter(clone / "book" / "01_a.ipynb", QUICK)
    order = runner.Order(clone, seeds=(0, 1))
    results = runner.carry_out(order, [path], jobs=2)
    assert [(r.seed, r.status, r.passed) for r in results] == [
        (0, "passed", False),
        (1, "passed", True),
    ]
    record = json.loads((clone / "book" / "results" / "seeds" / "01_a.json").read_text())
    book = record["profiles"]["book"]
    assert record["chapter"] == "01_a"
    assert book["seeds"] == [0, 1]
    assert book["claims"]["grows"]["values"] == {"0": 0, "1": 2}
    assert book["claims"]["grows"]["band"] == "at least 1"
    shape = {"x": [4, 8], "unit": "%"}
    assert book["curves"]["Right"] == {
        "0": shape | {"curves": {"it": [0.0, 1.0]}},
        "1": shape | {"curves": {"it": [0.5, 1.0]}},
    }
    made = book["provenance"]
    assert made["command"] == "python -m companion run 01_a --profile book --seeds 0 1"
    assert made["versions"]["python"]
    assert made["hardware"]["cores"] >= 1
    assert platform.node() not in json.dumps(made)


@pytest.fixture
def executions(monkeypatch):
    """The chapters that were executed: without a kernel, each leaving its sources and a claim.

    A chapter reads the modules whose names stand in it, and a record that may not be there.
    """
    done = []

    def execute(notebook, output, *, parameters, root, **_):
        done.append(notebook.stem)
        executed = read(notebook)
        source = executed.cells[-1].source
        if "fails" in source:
            return runner.RunResult(notebook.stem, "failed", error="as asked")
        seed = parameters.get("SEED", 0)
        record = begin_record(notebook, root)
        reads = {f"companion/{n}.py" for n in ("used", "unused") if f"companion.{n}" in source}
        for name in {"companion/__init__.py", "book/results/recorded.json"} | reads:
            record["inputs"][name] = fingerprint(root / name)
        text = nbformat.v4.new_output("stream", name="stdout", text=source)
        claim = new_claim(profile=parameters["PROFILE"], seed=seed, value=seed, held=seed != 4)
        executed.cells[-1].outputs = [
            text,
            nbformat.v4.new_output("display_data", {MIME: claim}),
        ]
        write(runner.clean(executed), output)
        return runner.RunResult(
            *(notebook.stem, "passed", 1.0, 2.0),
            claims=(claim, claim | {"id": "sums", "exact": True}),
            notebook=output,
            profile=parameters["PROFILE"],
            seed=seed,
            record=record,
        )

    monkeypatch.setattr(pool, "execute", execute)
    return done


def new_claim(**more):
    """A measured claim as a notebook stores it."""
    claim = dict.fromkeys(KEYS) | {"id": "grows", "title": "Grows", "source": "s", "unit": ""}
    return claim | {"exact": False, "band": "not 4", "low": 0, "changed": []} | more


@pytest.fixture
def chapters(clone, chapter):
    return [
        chapter(clone / "book" / "01_a.ipynb", "import companion.used"),
        chapter(clone / "book" / "02_b.ipynb", "import companion"),
    ]


def statuses(order, chapters):
    return [result.status for result in runner.carry_out(order, chapters)]


def test_only_what_changed_is_executed_again(clone, chapter, chapters, executions):
    order = runner.Order(clone, cached=True)
    stored = [path.read_bytes() for path in chapters]
    assert statuses(order, chapters) == ["passed", "passed"]
    assert statuses(order, chapters) == ["unchanged", "unchanged"]
    (clone / "companion" / "unused.py").write_text("x = 1")
    assert statuses(order, chapters) == ["unchanged", "unchanged"]
    (clone / "companion" / "used.py").write_text("x = 1")
    assert statuses(order, chapters) == ["passed", "unchanged"]
    assert [path.read_bytes() for path in chapters] == stored
    chapter(chapters[1], "import companion", "2")
    assert statuses(order, chapters) == ["unchanged", "passed"]
    executed = clone / "_build" / "executed"
    (executed / "01_a.ipynb").unlink()
    assert statuses(order, chapters) == ["passed", "unchanged"]
    assert executions == ["01_a", "02_b", "01_a", "02_b", "01_a"]
    (clone / "book" / "results").mkdir()
    (clone / "book" / "results" / "recorded.json").write_text("{}")
    assert statuses(order, chapters) == ["passed", "passed"]
    assert statuses(runner.Order(clone, "smoke", cached=True), chapters) == ["passed", "passed"]
    assert statuses(order, chapters[:1]) == ["passed"]
    record = json.loads((executed / "01_a.json").read_text())
    assert runner.changed(record["record"], chapters[0], clone) == []
    assert (record["seconds"], record["threads"], record["profile"]) == (1.0, 1, "book")


def test_a_failed_chapter_is_executed_again(clone, chapter, chapters, executions):
    order = runner.Order(clone, cached=True)
    chapter(chapters[0], "fails")
    assert statuses(order, chapters) == ["failed", "passed"]
    assert statuses(order, chapters) == ["failed", "unchanged"]


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"cells": [{}]}'])
@pytest.mark.parametrize("options", [{"cached": True}, {"cached": True, "store": True}, {}])
def test_a_broken_notebook_fails_alone(clone, chapters, executions, text, options):
    chapters[0].write_text(text)
    bad, good = runner.carry_out(runner.Order(clone, **options), chapters)
    assert (bad.chapter, bad.status, good.status) == ("01_a", "failed", "passed")
    assert bad.error
    assert chapters[0].read_text() == text


@pytest.mark.parametrize("suffix", [".json", ".ipynb"])
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": 1'])
def test_a_damaged_record_is_made_again(clone, chapters, executions, suffix, text):
    order = runner.Order(clone, cached=True)
    assert statuses(order, chapters) == ["passed", "passed"]
    (clone / "_build" / "executed" / "01_a").with_suffix(suffix).write_text(text)
    assert statuses(order, chapters) == ["passed", "unchanged"]
    assert statuses(order, chapters) == ["unchanged", "unchanged"]


def test_seeds_that_cannot_be_recorded_fail_their_chapter(clone, chapters, executions):
    record = clone / "book" / "results" / "seeds" / "01_a.json"
    record.parent.mkdir(parents=True)
    record.write_text("damaged")
    *bad, good = runner.carry_out(runner.Order(clone, seeds=(0,)), chapters)
    assert [result.status for result in bad] == ["failed"]
    assert bad[0].error.startswith("not recorded: ")
    assert good.status == "passed"
    assert (record.parent / "02_b.json").is_file()
    assert record.read_text() == "damaged"


def test_storing_refreshes_outputs_and_then_changes_nothing(clone, chapters, executions):
    order = runner.Order(clone, cached=True, store=True)
    assert statuses(order, chapters) == ["passed", "passed"]
    assert read(chapters[0]).cells[-1].outputs[0].text == "import companion.used"
    assert runner.changed_since_stored(chapters[0], clone) == []
    stored = [path.read_bytes() for path in chapters]
    assert statuses(order, chapters) == ["unchanged", "unchanged"]
    assert [path.read_bytes() for path in chapters] == stored
    tampered = read(chapters[0])
    tampered.cells[-1].outputs = []
    write(tampered, chapters[0])
    assert statuses(order, chapters) == ["unchanged", "unchanged"]
    assert [path.read_bytes() for path in chapters] == stored


def test_a_failed_chapter_is_not_stored(clone, chapter, chapters, executions):
    chapter(chapters[0], "fails")
    before = chapters[0].read_bytes()
    assert statuses(runner.Order(clone, cached=True, store=True), chapters)[0] == "failed"
    assert chapters[0].read_bytes() == before


@pytest.mark.parametrize("edited", ["book/01_a.ipynb", "companion/used.py", "requirements.txt"])
def test_what_was_edited_during_the_run_is_not_stored_and_runs_again(
    clone, chapters, executions, monkeypatch, edited
):
    def keep_and_edit(result):
        kept(result)
        (clone / edited).write_text(
            (clone / edited).read_text().replace('"SEED', '"X = 1; SEED') + "\n"
        )

    kept = orders.keep
    monkeypatch.setattr(orders, "keep", keep_and_edit)
    stored = chapters[0].read_text()
    order = runner.Order(clone, cached=True, store=True)
    (result,) = runner.carry_out(order, chapters[:1])
    if edited != "book/01_a.ipynb":
        assert chapters[0].read_text() == stored
    assert (result.status, result.passed) == ("outdated", False)
    assert edited.removeprefix("book/") in result.error
    assert "run again" in result.error
    assert not stored_record(chapters[0]).exists()
    monkeypatch.setattr(orders, "keep", kept)
    assert statuses(order, chapters[:1]) == ["passed"]


def test_confirming_is_recorded_apart_with_the_band_and_each_verdict(clone, chapters, executions):
    seeds = runner.Order(clone, seeds=(0, 1, 2))
    assert set(statuses(seeds, chapters[:1])) == {"passed"}
    before = (clone / "book" / "results" / "seeds" / "01_a.json").read_bytes()
    results = runner.carry_out(runner.Order(clone, seeds=(3, 4, 5), confirm=True), chapters[:1])
    assert [result.passed for result in results] == [True, False, True]
    record = json.loads((clone / "book" / "results" / "confirmed" / "01_a.json").read_text())
    assert (record["profile"], record["seeds"]) == ("book", [3, 4, 5])
    assert record["claims"] == {
        "grows": {
            "title": "Grows",
            "band": "not 4",
            "values": {"3": 3, "4": 4, "5": 5},
            "held": {"3": True, "4": False, "5": True},
        }
    }
    assert record["provenance"]["command"].endswith(" 01_a --profile book --seeds 3 4 5 --confirm")
    assert (clone / "book" / "results" / "seeds" / "01_a.json").read_bytes() == before


@pytest.mark.parametrize("seeds", [(2, 3, 4), (0,)])
def test_a_band_is_not_confirmed_by_the_seeds_that_set_it(clone, chapters, executions, seeds):
    runner.carry_out(runner.Order(clone, seeds=(0, 1, 2)), chapters[:1])
    runner.carry_out(runner.Order(clone, "full", seeds=(5,)), chapters[:1])
    before = list(executions)
    order = runner.Order(clone, seeds=seeds, confirm=True)
    refused, *others = runner.carry_out(order, chapters)
    words = f"01_a has its bands from seeds [0, 1, 2]; take others than {seeds[0]}"
    assert (refused.status, refused.error) == ("failed", f"--confirm: {words}")
    assert {result.chapter for result in others} == {"02_b"}
    assert set(executions[len(before) :]) == {"02_b"}
    assert not (clone / "book" / "results" / "confirmed" / "01_a.json").exists()
    # The bands of another profile were set from other runs.
    assert statuses(runner.Order(clone, seeds=(5,), confirm=True), chapters[:1]) == ["passed"]


def test_a_run_that_failed_confirms_nothing(clone, chapter, chapters, executions):
    chapter(chapters[0], "fails")
    assert statuses(runner.Order(clone, seeds=(3,), confirm=True), chapters) == ["failed", "passed"]
    files = (clone / "book" / "results" / "confirmed").iterdir()
    assert [path.name for path in files] == ["02_b.json"]


def test_seeds_of_changed_settings_are_recorded_apart(clone, chapters, executions):
    changed = runner.Order(clone, "book", {"epochs": "3", "data": "mnist"}, seeds=(0, 1))
    for order in (changed, runner.Order(clone, "book", seeds=(2,))):
        assert set(statuses(order, chapters[:1])) == {"passed"}
    record = json.loads((clone / "book" / "results" / "seeds" / "01_a.json").read_text())
    seeds = {name: entry["seeds"] for name, entry in record["profiles"].items()}
    assert seeds == {"book data=mnist epochs=3": [0, 1], "book": [2]}


def test_a_full_run_is_recorded_and_a_changed_one_is_not(clone, chapters, executions):
    results = clone / "book" / "results" / "01_a.json"
    changed = runner.Order(clone, "full", {"epochs": "3"})
    assert statuses(changed, chapters[:1]) == ["passed"]
    assert not results.parent.exists()
    assert statuses(runner.Order(clone, "full"), chapters[:1]) == ["passed"]
    record = json.loads(results.read_text())
    assert (record["profile"], record["seed"], record["seconds"]) == ("full", 0, 1.0)
    assert {"provenance", "claims", "peak_memory_mb"} <= set(record)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"profile": "fast"}, "--profile fast is unknown: choose one of smoke, book, full"),
        ({"cached": True, "changes": {"epochs": "1"}}, "take no --set"),
        ({"cached": True, "seeds": (1,)}, "take no --set, --seeds"),
        ({"cached": True, "store": True, "profile": "full"}, "leave --profile out"),
        ({"seeds": (1, 2, 1)}, "--seeds 1 2 1: a seed is given twice"),
        ({"confirm": True}, "--confirm takes new --seeds, as in --seeds 3 4 5"),
        ({"confirm": True, "seeds": (3,), "changes": {"epochs": "1"}}, "and no --set"),
    ],
)
def test_orders_that_contradict_themselves_are_refused(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        runner.Order(tmp_path, **options)
