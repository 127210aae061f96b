"""What the runner's tests share: chapters in small, and a clone of the book without any."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook


def write_chapter(path, *sources):
    """A chapter with these code cells after its parameters, in a file."""
    given = new_code_cell('PROFILE = "book"\nSEED = 0', id="given")
    given.metadata["tags"] = ["parameters"]
    cells = [given, *(new_code_cell(text, id=f"c{i}") for i, text in enumerate(sources))]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), str(path))
    return path


@pytest.fixture(scope="session")
def chapter():
    return write_chapter


@pytest.fixture
def clone(tmp_path):
    """A clone with a small package of its own and no chapters."""
    for name in ("__init__", "used", "unused"):
        file = tmp_path / "companion" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text("")
    (tmp_path / "book").mkdir()
    (tmp_path / "requirements.txt").write_text("torch==1")
    return tmp_path
