"""The runner: one chapter, several, seeds, the cache, and what it does when things go wrong."""

import functools
import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from companion import runner
from companion.lessons.claims import claims_of, validate_notebook
from companion.runner import pool
from companion.runner.notebooks import read, write

LESSON = """from companion.lessons import Lesson, at_least, close_to
lesson = Lesson(PROFILE, SEED)
settings = lesson.settings({"epochs": {"smoke": 1, "book": 40, "full": 20}})"""
CLAIMS = """lesson.claim("Exact", source="s", measured=1.0, holds=close_to(1, 0.1))
lesson.claim("Grows", source="s", measured=2 * SEED, holds={"book": at_least(0)})"""
# The same outputs as a lesson's, without the seconds that torch takes to import.
QUICK = """from IPython.display import display
from companion.lessons.bands import at_least
from companion.lessons.card import claim_html, claim_text
from companion.lessons.claims import MIME
claim = {"id": "grows", "title": "Grows", "source": "s", "exact": False, "profile": PROFILE}
claim |= {"seed": SEED, "value": 2 * SEED, "unit": "", "band": "at least 1", "low": 1}
claim |= {"high": None, "expected": None, "held": SEED > 0, "changed": []}
data = {"text/plain": claim_text(claim), "text/html": claim_html(claim), MIME: claim}
display(data, raw=True)
from companion.lessons import curves
curves.show = lambda text, html, more: display({"text/plain": text, **more}, raw=True)
curves.keep_curves("Right", {"it": [SEED / 2, 1.0]}, x=[4, 8], x_label="n", unit="%")"""


def chapter(path, *sources):
    """A chapter with these code cells after its parameters, in a file."""
    given = new_code_cell('PROFILE = "book"\nSEED = 0', id="given")
    given.metadata["tags"] = ["parameters"]
    cells = [given, *(new_code_cell(text, id=f"c{i}") for i, text in enumerate(sources))]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), str(path))
    return path


@pytest.fixture
def clone(tmp_path):
    """A clone with a small package of its own and no chapters."""
    for name in ("__init__", "used", "unused"):
        file = tmp_path / "companion" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text("")
    (tmp_path / "book").mkdir()
    return tmp_path


def test_a_chapter_runs_clean_and_again_without_a_difference(tmp_path):
    looks = "import os\nprint(os.listdir(), os.environ['TQDM_DISABLE'], PROFILE, SEED)"
    path = chapter(tmp_path / "01_a.ipynb", LESSON, CLAIMS, looks)
    before = path.read_bytes()
    output = tmp_path / "out" / "01_a.ipynb"
    seen = []
    go = functools.partial(runner.execute, path, output, timeout=300)
    parameters = {"PROFILE": "book", "SEED": 3}
    result = go(parameters=parameters, on_cell=lambda done, of: seen.append((done, of)))
    assert (result.chapter, result.status, result.error) == ("01_a", "passed", "")
    assert result.seconds > 0
    assert result.peak_memory_mb > 100
    assert seen == [(done, 5) for done in range(1, 6)]
    executed = read(output)
    validate_notebook(executed)
    values = {claim["id"]: claim["value"] for claim in result.claims}
    assert values == {"exact": 1.0, "grows": 6}
    assert [claim["id"] for claim in claims_of(executed)] == ["exact", "grows"]
    assert executed.cells[-1].outputs[0].text == "[] 1 book 3\n"
    assert [cell.execution_count for cell in executed.cells] == [1, 2, 3, 4]
    assert [cell.source for cell in executed.cells] == [c.source for c in read(path).cells]
    first = output.read_bytes()
    assert go(parameters=parameters).status == "passed"
    assert output.read_bytes() == first
    assert path.read_bytes() == before


def test_one_failure_does_not_stop_the_others(tmp_path):
    paths = [
        chapter(tmp_path / "01_bad.ipynb", "print('so far')", "1 / 0", "print('never')"),
        chapter(tmp_path / "02_good.ipynb", "print('fine')"),
    ]
    tasks = [runner.Task(path, tmp_path / "out" / path.name, "smoke") for path in paths]
    bad, good = runner.run_all(tasks, jobs=2)
    assert (bad.status, bad.error) == ("failed", "In [4]: ZeroDivisionError: division by zero")
    assert (good.status, good.notebook) == ("passed", tmp_path / "out" / "02_good.ipynb")
    assert not bad.passed
    assert bad.notebook == tmp_path / "out" / "failed" / "01_bad.ipynb"
    assert not (tmp_path / "out" / "01_bad.ipynb").exists()
    kept = bad.notebook.read_text()
    assert "so far" in kept
    assert "ZeroDivisionError" in kept


def test_a_chapter_stops_at_its_time_limit(tmp_path):
    # A cell that ignores the interrupt has to be killed with what it started.
    stubborn = """import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("../pids", "w").write(f"{os.getpid()} {child.pid}")
while True:
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        print("not yet")"""
    path = chapter(tmp_path / "01_slow.ipynb", "import os", stubborn)
    folder = tmp_path / "work"
    result = runner.execute(
        path, tmp_path / "out.ipynb", parameters={"PROFILE": "smoke"}, timeout=4, cwd=folder
    )
    assert result.status == "timed out"
    assert result.error.startswith("stopped after")
    assert 4 <= result.seconds < 60
    assert result.notebook.is_file()
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert not any(_alive(pid) for pid in pids)


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind exist on POSIX alone")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_kernel_behind(clone, kind):
    note = clone / "pid"
    sleeps = f"import os, time\nopen({str(note)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    chapter(clone / "book" / "01_a.ipynb", sleeps)
    chapter(clone / "book" / "02_b.ipynb", "1")
    # Without -P the clone's own small package would be imported in place of the real one.
    command = [sys.executable, "-P", "-m", "companion", "run", "--profile", "smoke"]
    with subprocess.Popen(command, cwd=clone, stdout=subprocess.PIPE, text=True) as process:
        try:
            _wait_for(lambda: note.is_file() and note.read_text())
            process.send_signal(kind)
            shown, _ = process.communicate(timeout=60)
        finally:
            process.kill()  # else a run that does not stop would be waited for
    assert process.returncode == 130
    assert shown.count("interrupted") == 2
    assert not _alive(int(note.read_text()))
    assert not list((clone / "book").glob("results/*"))


def test_seeds_are_recorded_even_where_a_band_is_missed(clone):
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
    assert book["versions"]["python"]
    assert book["hardware"]["cores"] >= 1
    assert os.uname().nodename not in json.dumps(book["hardware"])


@pytest.fixture
def executions(monkeypatch):
    """The chapters that were executed: without a kernel, each leaving its sources and a claim."""
    done = []

    def execute(notebook, output, *, parameters, **_):
        done.append(notebook.stem)
        executed = read(notebook)
        if "fails" in executed.cells[-1].source:
            return runner.RunResult(notebook.stem, "failed", error="as asked")
        executed.cells[-1].outputs = [
            nbformat.v4.new_output("stream", name="stdout", text=executed.cells[-1].source)
        ]
        write(runner.clean(executed), output)
        return runner.RunResult(
            *(notebook.stem, "passed", 1.0, 2.0),
            notebook=output,
            profile=parameters["PROFILE"],
            seed=parameters.get("SEED", 0),
        )

    monkeypatch.setattr(pool, "execute", execute)
    return done


@pytest.fixture
def chapters(clone):
    return [
        chapter(clone / "book" / "01_a.ipynb", "import companion.used"),
        chapter(clone / "book" / "02_b.ipynb", "import companion"),
    ]


def statuses(order, chapters):
    return [result.status for result in runner.carry_out(order, chapters)]


def test_only_what_changed_is_executed_again(clone, chapters, executions):
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
    record = json.loads((executed / "01_a.json").read_text())
    assert record["key"] == runner.chapter_key(chapters[0], "book", root=clone)
    assert (record["seconds"], record["threads"], record["profile"]) == (1.0, 1, "book")


def test_a_failed_chapter_is_executed_again(clone, chapters, executions):
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
    stored = [path.read_bytes() for path in chapters]
    assert statuses(order, chapters) == ["unchanged", "unchanged"]
    assert [path.read_bytes() for path in chapters] == stored
    tampered = read(chapters[0])
    tampered.cells[-1].outputs = []
    write(tampered, chapters[0])
    assert statuses(order, chapters) == ["unchanged", "unchanged"]
    assert [path.read_bytes() for path in chapters] == stored


def test_a_failed_chapter_is_not_stored(clone, chapters, executions):
    chapter(chapters[0], "fails")
    before = chapters[0].read_bytes()
    assert statuses(runner.Order(clone, cached=True, store=True), chapters)[0] == "failed"
    assert chapters[0].read_bytes() == before


def test_a_chapter_edited_during_the_run_is_not_overwritten(
    clone, chapters, executions, monkeypatch
):
    def keep_and_edit(result, key):
        kept(result, key)
        chapter(chapters[0], "edited")

    kept = runner.keep
    monkeypatch.setattr(runner, "keep", keep_and_edit)
    order = runner.Order(clone, cached=True, store=True)
    (result,) = runner.carry_out(order, chapters[:1])
    assert result.status == "outdated"
    assert not result.passed
    assert "run again" in result.error
    assert read(chapters[0]).cells[-1].source == "edited"


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
    assert {"date", "hardware", "versions", "claims", "peak_memory_mb"} <= set(record)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"profile": "fast"}, "--profile fast is unknown: choose one of smoke, book, full"),
        ({"cached": True, "changes": {"epochs": "1"}}, "take no --set"),
        ({"cached": True, "seeds": (1,)}, "take no --set, --seeds"),
        ({"cached": True, "store": True, "profile": "full"}, "leave --profile out"),
        ({"seeds": (1, 2, 1)}, "--seeds 1 2 1: a seed is given twice"),
    ],
)
def test_orders_that_contradict_themselves_are_refused(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        runner.Order(tmp_path, **options)


def test_a_notebook_needs_a_cell_for_its_parameters(tmp_path):
    path = tmp_path / "a.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1", id="a")]), str(path))
    with pytest.raises(ValueError, match="no cell is tagged `parameters`"):
        runner.execute(path, tmp_path / "b.ipynb", parameters={"PROFILE": "book"}, timeout=9)
    with pytest.raises(ValueError, match=r"there is no notebook .*none\.ipynb"):
        runner.execute(tmp_path / "none.ipynb", path, parameters={}, timeout=9)


def test_kernels_get_threads_data_and_changes(monkeypatch, tmp_path):
    monkeypatch.delenv("COMPANION_THREADS", raising=False)
    monkeypatch.setattr("companion.records.machine.cores", lambda: 6)
    assert runner.environment("book")["OMP_NUM_THREADS"] == "1"
    assert runner.environment("full")["OMP_NUM_THREADS"] == "6"
    monkeypatch.setenv("COMPANION_THREADS", "2")
    assert runner.environment("full")["OMP_NUM_THREADS"] == "2"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMPANION_DATA", "sets")
    assert runner.environment("book")["COMPANION_DATA"] == str(tmp_path / "sets")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("COMPANION_DATA", "~/sets")
    assert runner.environment("book")["COMPANION_DATA"] == str(tmp_path / "sets")
    changed = runner.environment("book", {"epochs": "3"})
    assert json.loads(changed["COMPANION_SET"]) == {"epochs": "3"}


def _alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)
