"""Cleaning what an execution leaves behind, finding chapters, setting parameters."""

import copy
import os
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from companion.runner.notebooks import clean, find_chapters, find_root, write


def executed(when="2026-01-01", first=5):
    """A notebook as papermill leaves it, with all that must go."""
    code = new_code_cell("1 + 1", id="code", execution_count=first + 2)
    code.metadata |= {"tags": [], "papermill": {"start_time": when}, "execution": {"a": when}}
    code.outputs = [
        new_output("stream", name="stdout", text="one\n"),
        new_output("stream", name="stderr", text="\r  0%|          | 0/3 [00:00<?, ?it/s]"),
        new_output("stream", name="stderr", text="\r100%|██████████| 3/3 [00:00<00:00]\n"),
        new_output("stream", name="stdout", text="half\rtwo\n"),
        new_output("execute_result", {"text/plain": "2"}, execution_count=first + 2),
        new_output(
            "display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": when}}
        ),
    ]
    parameters = new_code_cell("SEED = 0", id="given", execution_count=first)
    parameters.metadata["tags"] = ["parameters"]
    injected = new_code_cell("SEED = 3", id=f"x{first}", execution_count=first + 1)
    injected.metadata["tags"] = ["injected-parameters"]
    marker = new_markdown_cell("An exception", id="marker")
    marker.metadata["tags"] = ["papermill-error-cell-tag"]
    blank = new_code_cell("  \n", id="blank")
    cells = [new_markdown_cell("# Title", id="top"), parameters, injected, marker, blank, code]
    notebook = new_notebook(cells=cells)
    notebook.metadata = {"papermill": {"duration": when}, "widgets": {}, "title": "kept"}
    notebook.metadata["language_info"] = {"name": "python", "version": when}
    return notebook


def test_only_sources_and_outputs_remain():
    notebook = clean(executed())
    assert [cell.id for cell in notebook.cells] == ["top", "given", "blank", "code"]
    assert [cell.get("execution_count") for cell in notebook.cells] == [None, 1, None, 2]
    assert notebook.cells[-1].metadata == {}
    assert notebook.cells[1].metadata == {"tags": ["parameters"]}
    stdout, result = notebook.cells[-1].outputs
    assert stdout.text == "one\ntwo\n"
    assert result.execution_count == 2
    assert notebook.metadata["title"] == "kept"
    assert "papermill" not in notebook.metadata
    assert "version" not in notebook.metadata["language_info"]


def test_cleaning_is_the_same_whenever_and_however_often():
    notebook = executed()
    before = copy.deepcopy(notebook)
    assert clean(notebook) == clean(executed("2027-12-31", first=90))
    assert clean(clean(notebook)) == clean(notebook)
    assert notebook == before


def test_warnings_stay_without_the_number_of_the_process():
    notebook = new_notebook(cells=[new_code_cell("warn()", id="a")])
    text = "/tmp/ipykernel_4711/123456.py:1: UserWarning: mind\n"
    notebook.cells[0].outputs = [new_output("stream", name="stderr", text=text)]
    assert clean(notebook).cells[0].outputs[0].text == "<cell>:1: UserWarning: mind\n"


def test_an_equal_notebook_is_not_written_again(tmp_path):
    path = tmp_path / "a.ipynb"
    assert write(clean(executed()), path)
    stamp = path.stat().st_mtime_ns
    assert not write(clean(executed("later")), path)
    assert path.stat().st_mtime_ns == stamp


LINES = {
    "letters": "x" * 400_000,
    "digits": "1234567890" * 40_000,
    "numbers without spaces": ",".join(map(str, range(60_000))),
    "percent signs": "5%|" * 100_000,
    "half a bar": "5%|" + "x" * 400_000,
    "seconds": "1it [" * 80_000,
    "files of cells": "ipykernel_1" * 40_000,
    "a number in a cell's file": "ipykernel_" + "1" * 400_000,
    "overwritten": "x\r" * 200_000,
}
COUNTED = """
import sys
from nbformat.v4 import new_code_cell, new_notebook, new_output
from companion.runner import clean
text = sys.stdin.read()
outputs = [new_output("stream", name="stdout", text=text)]
notebook = new_notebook(cells=[new_code_cell("print(text)", outputs=outputs)])
limit = 20
import resource
spent = resource.getrusage(resource.RUSAGE_SELF)
limit += int(spent.ru_utime + spent.ru_stime)
resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
print(len(clean(notebook).cells[0].outputs))
"""


@pytest.mark.skipif(os.name != "posix", reason="only POSIX limits a process's seconds of work")
def test_a_long_line_is_cleaned_in_linear_time():
    # Seconds of the processor, of which a quadratic pattern takes hundreds and we a few tenths.
    text = "\n".join(LINES.values())
    command = [sys.executable, "-c", COUNTED]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_many_small_pieces_of_a_stream_become_one():
    notebook = new_notebook(cells=[new_code_cell("print(text)", id="a")])
    for number in range(2000):
        name = "stderr" if number % 2 else "stdout"
        notebook.cells[0].outputs.append(new_output("stream", name=name, text=f"{number}\n"))
    first, second = clean(notebook).cells[0].outputs
    assert first.text.splitlines() == [str(n) for n in range(0, 2000, 2)]
    assert (second.name, second.text.splitlines()[-1]) == ("stderr", "1999")


@pytest.fixture
def clone(tmp_path):
    (tmp_path / "companion").mkdir()
    (tmp_path / "companion" / "__init__.py").touch()
    (tmp_path / "book").mkdir()
    for name in ("04_vit", "05_inside_vit", "05_other"):
        (tmp_path / "book" / f"{name}.ipynb").touch()
    return tmp_path


def test_the_clone_is_found_from_any_folder_inside(clone, root):
    assert find_root(clone / "book") == clone
    assert find_root() == root
    with pytest.raises(ValueError, match="no book here: clone"):
        find_root(clone.parent)


@pytest.mark.parametrize("name", ["04_vit", "04_vit.ipynb", "book/04_vit.ipynb", "04"])
def test_a_chapter_has_several_names(clone, name):
    assert [path.stem for path in find_chapters([name, "04"], root=clone)] == ["04_vit"]


def test_chapters_come_in_order_and_unknown_ones_are_named(clone):
    stems = [path.stem for path in find_chapters(root=clone)]
    assert stems == ["04_vit", "05_inside_vit", "05_other"]
    for name in ("vit", "05", "99"):
        with pytest.raises(ValueError, match="the book has: 04_vit, 05_inside_vit"):
            find_chapters([name], root=clone)
