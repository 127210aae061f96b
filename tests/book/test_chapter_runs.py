"""What a chapter stores is what a fresh run gives: outputs by nbval, claims within a tolerance.

Every chapter is executed once, by the run that `make book` shares, and its claims are compared.
nbval executes those again of which something changed since they were stored, and two others, which
take turns from day to day; `make deep` leaves none out.

A number may differ by 5 % of itself, or by as much as it ranges over the recorded seeds: one
seed trains to different weights on another processor. Cells tagged `wall-clock` measure time, and
are held against their band alone.
"""

import copy
import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from companion.records.machine import cores
from companion.runner import changed_since_stored

ROOT = Path(__file__).resolve().parents[2]
SANITIZE = ROOT / "tests" / "book" / "sanitize.cfg"
TOLERANCE = 0.05


def nbval(notebook, environment, folder):
    """Runs nbval in a process of its own, away from this one's settings, which switch it off."""
    from companion.runner import environment as of_kernels

    switch = ["--nbval", "--nbval-sanitize-with", SANITIZE]
    quiet = ["-q", "-p", "no:cacheprovider", "-W", "ignore", "--timeout", "0"]
    limit = ["--nbval-cell-timeout", "600", "--rootdir", folder]
    command = [sys.executable, "-m", "pytest", *switch, *quiet, *limit, notebook]
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**environment, **of_kernels("book")},
        capture_output=True,
        text=True,
        check=False,
    )


def saved(notebook, folder):
    path = folder / "00_small.ipynb"
    path.write_text(json.dumps(notebook))
    return path


def cell_with(notebook, text):
    return next(cell for cell in notebook["cells"] if text in "".join(cell["source"]))


def claims_by_id(notebook, *, timed):
    from companion.lessons.claims import claims_of

    def is_timed(cell):
        return "wall-clock" in cell["metadata"].get("tags", [])

    chosen = [cell for cell in notebook["cells"] if is_timed(cell) is timed]
    return claims_of({"cells": chosen})


def spreads_of(chapter):
    """How far each claim of a chapter ranges over the seeds recorded for profile `book`."""
    from companion.lessons.claims import ranges_over_seeds

    record = chapter.parent / "results" / "seeds" / f"{chapter.stem}.json"
    return ranges_over_seeds(json.loads(record.read_text(encoding="utf-8"))["profiles"]["book"])


def check_claims(stored, fresh, spreads=None):
    """Stored claims are sound, the fresh run makes the same ones, with about the same values.

    Raises:
        ValueError: naming every claim of which that is not true.
    """
    from companion.lessons.claims import compare, validate_notebook

    for notebook in (stored, fresh):
        validate_notebook(notebook)
    pair = [claims_by_id(notebook, timed=False) for notebook in (stored, fresh)]
    compare(*pair, tolerance=TOLERANCE, spreads=spreads)
    clocks = [claims_by_id(notebook, timed=True) for notebook in (stored, fresh)]
    compare(*clocks, tolerance=math.inf)


@pytest.fixture(scope="module")
def compared(request, kernel_environment, tmp_path_factory):
    """What nbval will say of each chapter tested: futures, as many at work as there are cores."""

    def compare_one(chapter):
        folder = tmp_path_factory.mktemp(chapter.stem)
        copied = folder / chapter.name
        copied.write_bytes(chapter.read_bytes())
        return nbval(copied, kernel_environment, folder)

    calls = [item for item in request.session.items if item.path == request.path]
    tests = ("test_outputs_that_are_due", "test_all_stored_outputs")
    chosen = [call for call in calls if call.originalname.startswith(tests)]
    chapters = list(dict.fromkeys(next(iter(call.callspec.params.values())) for call in chosen))
    with ThreadPoolExecutor(cores()) as pool:
        yield {chapter: pool.submit(compare_one, chapter) for chapter in chapters}


def test_outputs_that_are_due_are_those_of_a_fresh_run(due, compared):
    done = compared[due].result()
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.deep
def test_all_stored_outputs_are_those_of_a_fresh_run(chapter, compared):
    done = compared[chapter].result()
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.deep
def test_all_stored_outputs_are_of_what_is_here(chapter):
    assert changed_since_stored(chapter, ROOT) == [], "`make notebooks` stores it anew"


@pytest.mark.parametrize("changed", [[], ["03"], ["01", "05"], ["01", "02", "03", "04", "05"]])
def test_what_changed_is_due_and_all_others_have_their_turn(request, changed):
    known = ["01", "02", "03", "04", "05"]
    (conftest,) = {
        plugin
        for plugin in request.config.pluginmanager.get_plugins()
        if hasattr(plugin, "due_chapters")
    }
    days = [conftest.due_chapters(known, changed, day) for day in range(100, 105)]
    assert all(set(changed) <= set(due) for due in days)
    assert {len(due) for due in days} == {min(len(changed) + 2, 5)}
    assert {chapter for due in days for chapter in due} == set(known)
    assert conftest.due_chapters(known, changed, 100) == days[0]


def test_stored_claims_are_those_of_a_fresh_run(chapter, executed_book):
    fresh = json.loads(executed_book[chapter.stem].read_text(encoding="utf-8"))
    stored = json.loads(chapter.read_text(encoding="utf-8"))
    check_claims(stored, fresh, spreads_of(chapter))
    assert claims_by_id(stored, timed=False), "a chapter without a claim that can be compared"


def test_nbval_passes_what_is_right(small_chapter, kernel_environment, tmp_path):
    done = nbval(saved(small_chapter, tmp_path), kernel_environment, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    code = [cell for cell in small_chapter["cells"] if cell["cell_type"] == "code"]
    assert f"{len(code)} passed" in done.stdout


def test_nbval_catches_a_tampered_output(small_chapter, kernel_environment, tmp_path):
    notebook = copy.deepcopy(small_chapter)
    (output,) = cell_with(notebook, "total = 1")["outputs"]
    assert output["data"]["text/plain"] == ["2"]
    output["data"]["text/plain"] = ["3"]
    done = nbval(saved(notebook, tmp_path), kernel_environment, tmp_path)
    assert done.returncode == 1
    assert "1 failed" in done.stdout


def test_claims_of_an_unchanged_run_agree(small_chapter):
    check_claims(small_chapter, copy.deepcopy(small_chapter))


def with_value(notebook, value, band=(1.0, 3.0), held=True):
    """A measured claim of another value in a wider band, its card redrawn."""
    from companion.lessons.bands import between
    from companion.lessons.card import claim_html, claim_text
    from companion.lessons.claims import MIME

    notebook = copy.deepcopy(notebook)
    data = cell_with(notebook, "lesson.claim")["outputs"][0]["data"]
    low, high = band
    words = between(low, high).describe("")
    changed = {"low": low, "high": high, "expected": None, "band": words, "exact": False}
    data[MIME] |= {"value": value, "held": held, **changed}
    data["text/plain"], data["text/html"] = claim_text(data[MIME]), claim_html(data[MIME])
    return notebook


def test_a_close_value_agrees(small_chapter):
    check_claims(with_value(small_chapter, 2.0), with_value(small_chapter, 2.05))


@pytest.mark.parametrize(
    ("tamper", "complaint"),
    [
        (lambda n: with_value(n, 2.5), "a fresh run measured"),
        (lambda n: with_value(n, 3.5), "one-and-one"),
        (lambda n: with_value(n, 2.0, held=False), "one-and-one"),
        (lambda n: with_value(n, 2.0, band=(0.0, 9.0)), "one-and-one: high is stored as 9"),
    ],
    ids=["far from the fresh value", "outside its band", "not held", "another band"],
)
def test_a_tampered_claim_is_caught(small_chapter, tamper, complaint):
    with pytest.raises(ValueError, match=complaint):
        check_claims(tamper(small_chapter), with_value(small_chapter, 2.0))


def test_a_tampered_card_is_caught(small_chapter):
    notebook = with_value(small_chapter, 2.0)
    data = cell_with(notebook, "lesson.claim")["outputs"][0]["data"]
    data["text/html"] = data["text/html"].replace("2", "2.1")
    with pytest.raises(ValueError, match="card"):
        check_claims(notebook, with_value(small_chapter, 2.0))


def test_a_missing_claim_is_caught(small_chapter):
    notebook = copy.deepcopy(small_chapter)
    cell_with(notebook, "lesson.claim")["outputs"] = []
    for stored, fresh in ((notebook, small_chapter), (small_chapter, notebook)):
        with pytest.raises(ValueError, match="one-and-one"):
            check_claims(stored, fresh)


def test_a_claim_about_time_is_held_against_its_band_alone(small_chapter):
    slow, fast = with_value(small_chapter, 2.9), with_value(small_chapter, 1.1)
    for notebook in (slow, fast):
        cell_with(notebook, "lesson.claim")["metadata"]["tags"].append("wall-clock")
    check_claims(slow, fast)
    with pytest.raises(ValueError, match="one-and-one: high is stored as 9"):
        check_claims(with_value(slow, 2.9, band=(1.0, 9.0)), fast)
    late = with_value(slow, 3.5)
    with pytest.raises(ValueError, match="one-and-one"):
        check_claims(slow, late)
