"""A notebook's cells as JSON, and what the rules ask of them."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

Cell = dict[str, Any]
Rule = Callable[[list[Cell]], Iterator[str]]


def source(cell: Cell) -> str:
    """A cell's text."""
    return "".join(cell["source"])


def tags(cell: Cell) -> list[str]:
    """A cell's tags."""
    found: list[str] = cell["metadata"].get("tags", [])
    return found


def code_cells(cells: list[Cell]) -> list[Cell]:
    """The code cells, in order."""
    return [cell for cell in cells if cell["cell_type"] == "code"]


def tree(cell: Cell) -> ast.Module:
    """A code cell's syntax tree; lines of IPython's own count as `pass`."""
    return ast.parse(re.sub(r"^(\s*)[%!].*", r"\1pass", source(cell), flags=re.MULTILINE))


def calls(cell: Cell, name: str) -> int:
    """How often a code cell calls a function or method of this name."""
    called = [node.func for node in ast.walk(tree(cell)) if isinstance(node, ast.Call)]
    return sum(getattr(func, "attr", getattr(func, "id", "")) == name for func in called)


def data_of(cell: Cell) -> list[dict[str, Any]]:
    """The MIME bundles among a code cell's outputs."""
    return [output["data"] for output in cell.get("outputs", []) if "data" in output]


def headings(cell: Cell) -> list[str]:
    """The headings of the second level in a Markdown cell."""
    return re.findall(r"^## +(.+?)\s*$", source(cell), re.MULTILINE)
