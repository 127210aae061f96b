"""Notebooks as files: find the chapters, and clean what an execution leaves behind.

A cleaned notebook depends on its sources and its outputs alone, so that executing an unchanged
chapter again leaves no diff.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from companion.records.files import write_file

PASSING_TAGS = {"injected-parameters", "papermill-error-cell-tag"}
PASSING_METADATA = ("papermill", "execution", "ExecuteTime", "collapsed", "scrolled")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
WIDGET = "application/vnd.jupyter.widget-view+json"
# What a chapter prints may be one line of a million signs, so neither may look at a sign for every
# other one: a pattern starts at a digit, or at the beginning of a word, and not at any sign of it.
BAR = re.compile(r"\d%\|[^|]*\||\dit \[[\d:]+, |^\d+it/s")
CELL_FILE = re.compile(r"(?<!\S)\S*ipykernel_\d+[/\\]\d+\.py")


def find_root(start: Path | None = None) -> Path:
    """The clone: the nearest folder with `book/` and `companion/`, from `start` or the package up.

    Raises:
        ValueError: there is none, as where the package alone was installed.
    """
    starts = [start] if start else [Path.cwd(), Path(__file__).parent]
    for folder in (folder for first in starts for folder in (first, *first.parents)):
        if (folder / "book").is_dir() and (folder / "companion" / "__init__.py").is_file():
            return folder
    raise ValueError("no book here: clone the book's repository and run this inside the clone")


def find_chapters(names: Sequence[str] | None = None, *, root: Path | None = None) -> list[Path]:
    """The chapters of these names (`04_vit`, `04_vit.ipynb`, a path, or just `04`), or all.

    Raises:
        ValueError: a name fits no chapter, or more than one.
    """
    book = (root or find_root()) / "book"
    known = sorted(path for path in book.glob("*.ipynb") if not path.name.startswith("."))
    if not names:
        return known
    chosen = []
    for name in names:
        stem = Path(name).name.removesuffix(".ipynb")
        fits = [path for path in known if path.stem == stem or path.stem.startswith(f"{stem}_")]
        if len(fits) != 1:
            have = ", ".join(path.stem for path in known) or "none"
            raise ValueError(f"{name!r} names {len(fits)} chapters; the book has: {have}")
        chosen += fits
    return list(dict.fromkeys(chosen))


def read(path: Path) -> Any:
    """The notebook in `path` as nbformat's node.

    Raises:
        ValueError: it is not a notebook.
    """
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except nbformat.ValidationError as error:
        raise ValueError(f"{path.name} is not a notebook: {error}") from None


def with_parameters(path: Path, parameters: Mapping[str, Any]) -> Any:
    """The notebook in `path` with papermill's cell of parameters after its own.

    Raises:
        ValueError: there are parameters, and no cell is tagged for them.
    """
    from papermill.parameterize import parameterize_notebook

    notebook = read(path)
    if not parameters:
        return notebook
    if not any("parameters" in tags(cell) for cell in notebook.cells):
        raise ValueError(f"{path.name}: no cell is tagged `parameters`, so none could be set")
    # Papermill expects what its own reader adds.
    notebook.metadata["papermill"] = {}
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])
    known = {"kernel_name": "python3", "language": "python"}
    return parameterize_notebook(notebook, dict(parameters), **known)


def write(notebook: Any, path: Path) -> bool:
    """Write atomically, and only where something differs; whether it did."""
    import nbformat

    text = nbformat.writes(notebook).rstrip("\n") + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    write_file(path, text.encode())
    return True


def clean(notebook: Any) -> Any:
    """A copy without the traces of its execution.

    Gone are papermill's metadata and injected cells (so the parameters show their defaults again),
    timestamps, widgets, progress bars and version numbers of the interpreter. Streams are merged,
    execution counts run 1..n over the cells that have code.
    """
    notebook = copy.deepcopy(notebook)
    notebook["metadata"]["kernelspec"] = dict(KERNEL)
    notebook["metadata"]["language_info"] = copy.deepcopy(LANGUAGE)
    for name in ("papermill", "widgets"):
        notebook["metadata"].pop(name, None)
    notebook["cells"] = [cell for cell in notebook["cells"] if not PASSING_TAGS & tags(cell)]
    count = 0
    for cell in notebook["cells"]:
        cell["metadata"] = clean_metadata(cell["metadata"])
        if cell["cell_type"] != "code":
            continue
        blank = not "".join(cell["source"]).strip()
        count += not blank
        cell["execution_count"] = None if blank else count
        cell["outputs"] = _clean_outputs(cell["outputs"], count)
    return notebook


def clean_metadata(metadata: Any) -> Any:
    """A cell's metadata without what an execution or an editor's view leaves there."""
    kept = {name: value for name, value in metadata.items() if name not in PASSING_METADATA}
    if not kept.get("tags", True):
        del kept["tags"]
    return type(metadata)(kept)


def tags(cell: Any) -> set[str]:
    """The tags of a cell."""
    return set(cell["metadata"].get("tags", []))


def _clean_outputs(outputs: list[Any], count: int) -> list[Any]:
    # nbclient's `coalesce_streams` takes a minute for a line of 400,000 signs.
    kept: list[Any] = []
    streams: dict[str, list[str]] = {}
    for output in outputs:
        if output["output_type"] == "stream":
            if output["name"] not in streams:
                kept.append(output)
            streams.setdefault(output["name"], []).append(output["text"])
        elif WIDGET not in output.get("data", {}):
            output.pop("transient", None)
            if output["output_type"] == "execute_result":
                output["execution_count"] = count
            kept.append(output)
    for output in kept:
        if output["output_type"] == "stream":
            output["text"] = _settled("".join(streams[output["name"]]))
    return [output for output in kept if output.get("text", "some")]


def _settled(text: str) -> str:
    """What a terminal would show in the end: overwritten lines and progress bars gone."""
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
    kept = "\n".join(line for line in lines if not BAR.search(line))
    return CELL_FILE.sub("<cell>", kept) if kept.strip() else ""
