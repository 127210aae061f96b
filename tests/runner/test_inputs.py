"""A chapter depends on what its run read in the repository, and on nothing else."""

import json
import os
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from companion import runner
from companion.runner import recorder
from companion.runner.inputs import begin_record, changed, changed_since_stored, stored_record
from companion.runner.recorder import fingerprint

FILES = {
    "companion/pictures.js": "let a = 1",
    "companion/late.py": "import numpy",
    "companion/__init__.pyi": "",
    "book/results/seeds.json": "{}",
    "book/results/other.json": "{}",
    "book/weights/01_a.bin": "\0\r\n",
    "book/page.md": "# Page",
}
READS = """import os, pathlib, sys
root = pathlib.Path(os.environ["CLONE"])
sys.path.insert(0, str(root))
import companion
import companion.used
text = (root / "companion" / "pictures.js").read_text()
stub = open(root / "companion" / "__init__.pyi").read()
data = os.open(root / "book" / "weights" / "01_a.bin", os.O_RDONLY)
def later():
    import companion.late
try:
    open(root / "book" / "results" / "recorded.json")
except FileNotFoundError:
    print("none recorded")"""
MORE = """later()
if os.fork() == 0:  # as torch's workers are begun
    open(root / "book" / "results" / "seeds.json")
    os._exit(0)
os.wait()
found = sorted((root / "book" / "results").glob("*.json"))
(root / "_build").mkdir(exist_ok=True)
(root / "_build" / "kept.txt").write_text("a"), (root / "_build" / "kept.txt").read_text()
(root / "book" / "made.txt").write_text("new")"""
READ = {
    *("companion/__init__.py", "companion/used.py", "companion/late.py", "companion/pictures.js"),
    *("companion/__init__.pyi", "book/results/seeds.json", "book/results/recorded.json"),
    *("book/results", "book/weights/01_a.bin", "requirements.txt"),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, chapter):
    """A clone, its chapter, and what the chapter's run says that it read."""
    if os.name != "posix":
        pytest.skip("Windows cannot fork")
    root = tmp_path_factory.mktemp("clone")
    names = {"companion/__init__.py", "companion/used.py", "companion/unused.py"}
    for name, text in {**dict.fromkeys(names, ""), **FILES, "requirements.txt": "a==1"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    path = chapter(root / "book" / "01_a.ipynb", READS, MORE)
    given = {**runner.environment("book"), "CLONE": str(root), "PYTHONDONTWRITEBYTECODE": ""}
    options = {"parameters": {"PROFILE": "book"}, "timeout": 300, "variables": given}
    for _ in range(2):  # the second time, Python reads its bytecode and not the sources
        result = runner.execute(path, root / "_build" / "01_a.ipynb", root=root, **options)
        assert result.passed, result.error
    assert list((root / "companion").glob("__pycache__/late.*.pyc"))
    return root, path, result.record


def test_a_run_notes_what_it_read_and_what_it_missed(ran):
    _, _, record = ran
    assert set(record["inputs"]) == READ
    assert record["inputs"]["book/results/recorded.json"] is None
    assert all(record["inputs"][name] for name in READ - {"book/results/recorded.json"})


@pytest.mark.parametrize("name", sorted(READ - {"book/results"}))
def test_what_it_read_makes_it_stale(ran, name):
    root, path, record = ran
    assert changed(record, path, root) == []
    before = (root / name).read_bytes() if (root / name).exists() else None
    (root / name).write_text("x = 1")
    assert name in changed(record, path, root)
    (root / name).unlink()
    if before is not None:
        assert changed(record, path, root) == sorted(
            [name, *["book/results"] * ("results/" in name)]
        )
        (root / name).write_bytes(before)
    assert changed(record, path, root) == []


@pytest.mark.parametrize(
    "name",
    [
        *("companion/unused.py", "companion/new.py", "book/page.md", "book/results/other.json"),
        *("README.md", "book/made.txt", "_build/kept.txt", "companion/__pycache__/used.pyc"),
    ],
)
def test_what_it_did_not_read_leaves_it_fresh(ran, name):
    root, path, record = ran
    (root / name).write_text("x = 1")
    assert changed(record, path, root) == []


def test_a_new_file_in_a_folder_that_it_listed_makes_it_stale(ran):
    root, path, record = ran
    new = root / "book" / "results" / "new.json"
    new.touch()
    assert changed(record, path, root) == ["book/results"]
    new.unlink()


def test_line_ends_of_a_checkout_do_not_matter_and_those_of_data_do(tmp_path):
    for content, same in ((b"a\nb\n", True), (b"\0a\nb\n", False)):
        (tmp_path / "unix").write_bytes(content)
        (tmp_path / "windows").write_bytes(content.replace(b"\n", b"\r\n"))
        prints = [fingerprint(tmp_path / name) for name in ("unix", "windows")]
        assert (prints[0] == prints[1]) is same


def write_cells(path, *sources, **more):
    codes = [new_code_cell(text, id=f"c{i}") for i, text in enumerate(sources)]
    cells = [new_markdown_cell("# Title", id="t"), *codes]
    for cell in cells[1:]:
        cell.update(more)
    path.write_text(json.dumps(new_notebook(cells=cells)))


def test_sources_and_tags_count_and_outputs_do_not(tmp_path):
    path = tmp_path / "01_a.ipynb"
    write_cells(path, "1")
    record = begin_record(path, tmp_path)
    output = new_output("stream", name="stdout", text="hello")
    write_cells(path, "1", outputs=[output], execution_count=7)
    assert changed(record, path, tmp_path) == []
    write_cells(path, "1", metadata={"execution": {"a": "now"}, "tags": []})
    assert changed(record, path, tmp_path) == []
    for sources, more in ((("1",), {"metadata": {"tags": ["a"]}}), (("1", "2"), {}), (("3",), {})):
        write_cells(path, *sources, **more)
        assert changed(record, path, tmp_path) == ["01_a.ipynb"]
    path.write_text("[]")
    assert changed(record, path, tmp_path) == ["01_a.ipynb"]


def test_what_changed_since_a_chapter_was_stored_is_named(clone, chapter):
    path = chapter(clone / "book" / "01_a.ipynb", "1")
    assert changed_since_stored(path, clone) == ["book/results/inputs/01_a.json"]
    stored_record(path).parent.mkdir(parents=True)
    stored_record(path).write_text(json.dumps(begin_record(path, clone)))
    assert changed_since_stored(path, clone) == []
    (clone / "requirements.txt").write_text("torch==2")
    assert changed_since_stored(path, clone) == ["requirements.txt"]


def test_the_recorder_loads_nothing_that_it_should_note():
    code = (
        "import runpy, sys; runpy.run_path(sys.argv[1]); "
        "print([m for m in sys.modules if m.startswith(('companion', 'IPython', 'torch'))])"
    )
    command = [sys.executable, "-P", "-c", code, recorder.__file__]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
