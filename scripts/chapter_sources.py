"""The rules that the sources of a chapter's cells keep: order, length, Markdown, exercises.

Each rule takes the cells of a notebook and yields complaints. Standard library only.
"""

import ast
import re
import statistics
from collections.abc import Callable, Iterator

from chapter_cells import Cell, calls, code_cells, data_of, headings, source, tags, tree
from setup_cell import WIDTH

BACK_MATTER = ["What to remember", "Exercises", "References"]
PARAMETERS = {"PROFILE": "book", "SEED": 0}
MEDIAN, LONGEST = 8, 25
MYST = (
    (re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\{", re.MULTILINE), "a MyST directive"),
    (re.compile(r"\{[A-Za-z][\w:+.-]*\}`"), "a MyST role"),
    (re.compile(r"^\([\w-]+\)=\s*$", re.MULTILINE), "a MyST target"),
    (re.compile(r"^(%|\+\+\+)( |$)", re.MULTILINE), "a MyST comment or block break"),
)
TIME = re.compile(r"\b(second|minute)s?\b[^.]*\b(CPU|core|laptop)")
SHOWN = re.compile(r"(getsource|show_source)\(")
SOLUTION = re.compile(r"<details>\s*<summary>.*?</summary>(.*?)</details>", re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def starts_as_all_do(cells: list[Cell]) -> Iterator[str]:
    """Title with the time on a CPU, set-up cell, parameters, imports with the lesson."""
    kinds = [cell["cell_type"] for cell in cells[:3]]
    if kinds != ["markdown", "code", "code"] or len(code_cells(cells)) < 3:
        yield "does not begin with title, set-up cell, parameters, imports"
        return
    if not source(cells[0]).startswith("# "):
        yield "the first cell has no title"
    if not TIME.search(source(cells[0])):
        yield "the first cell does not say how many seconds or minutes it takes on a CPU"
    for cell, tag in zip(code_cells(cells), ["setup", "parameters", "imports"], strict=False):
        if tag not in tags(cell):
            yield f"the cell `{source(cell)[:30]}` is not tagged `{tag}`"
    if data_of(cells[1]):
        yield "the set-up cell has an output"
    if calls(code_cells(cells)[2], "Lesson") != 1:
        yield "the imports do not make the Lesson"


def has_two_parameters(cells: list[Cell]) -> Iterator[str]:
    """The parameters cell assigns PROFILE and SEED, the stored values, and nothing else."""
    chosen = [cell for cell in code_cells(cells) if "parameters" in tags(cell)]
    if len(chosen) != 1:
        yield f"{len(chosen)} cells are tagged `parameters`; there must be one"
        return
    found = {}
    for node in tree(chosen[0]).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            found[ast.unparse(node.targets[0])] = node.value.value
        else:
            found[ast.unparse(node)] = None
    if found != PARAMETERS:
        yield f"the parameters are {found}, not {PARAMETERS}"


def tells_in_order(cells: list[Cell]) -> Iterator[str]:
    """Settings shown, hand-over, the package's source, claims; at the end the same three parts."""
    code = code_cells(cells)
    steps: dict[str, Callable[[Cell], object]] = {
        "the table of settings": lambda cell: calls(cell, "settings"),
        "the hand-over (assert_close)": lambda cell: calls(cell, "assert_close"),
        "the package's source": lambda cell: SHOWN.search(source(cell)) and cell["outputs"],
        "a claim": lambda cell: calls(cell, "claim"),
    }
    first = {
        name: next((i for i, cell in enumerate(code) if f(cell)), -1) for name, f in steps.items()
    }
    yield from (f"{name} is missing" for name, place in first.items() if place < 0)
    if 0 <= first["the package's source"] < first["the hand-over (assert_close)"]:
        yield "the package's source is shown before the hand-over"
    heads = [head for cell in cells if cell["cell_type"] == "markdown" for head in headings(cell)]
    if heads[-3:] != BACK_MATTER:
        yield f"the last sections are {heads[-3:]}, not {BACK_MATTER}"


def has_short_code(cells: list[Cell]) -> Iterator[str]:
    """Few lines in a cell, few characters in a line."""
    lengths = [len(source(cell).splitlines()) for cell in code_cells(cells)] or [0]
    if statistics.median(lengths) > MEDIAN:
        yield f"the median code cell has {statistics.median(lengths)} lines, over {MEDIAN}"
    if max(lengths) > LONGEST:
        yield f"a code cell has {max(lengths)} lines, over {LONGEST}"
    for cell in code_cells(cells):
        for line in source(cell).splitlines():
            if len(line) > WIDTH:
                yield f"a code line has {len(line)} characters, over {WIDTH}: {line.strip()}"


def defines_no_class(cells: list[Cell]) -> Iterator[str]:
    """A class only where it is the lesson."""
    for cell in code_cells(cells):
        if "lesson-class" not in tags(cell):
            for node in ast.walk(tree(cell)):
                if isinstance(node, ast.ClassDef):
                    yield f"class {node.name} is defined in a cell not tagged `lesson-class`"


def has_no_myst(cells: list[Cell]) -> Iterator[str]:
    """What only Jupyter Book understands is raw text in Colab, on GitHub and in Jupyter."""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            for pattern, what in MYST:
                if found := pattern.search(source(cell)):
                    yield f"{what}: {source(cell)[found.start() :][:40]!r}"


def has_exercises(cells: list[Cell]) -> Iterator[str]:
    """3 to 5 exercises: question, attempt with its check, solution behind <details>."""
    places = [i for i, cell in enumerate(cells) if "exercise" in tags(cell)]
    if not 3 <= len(places) <= 5:
        yield f"{len(places)} exercises (cells tagged `exercise`); 3 to 5 are wanted"
    for i in places:
        before, after = cells[i - 1], cells[i + 1] if i + 1 < len(cells) else cells[i]
        if before["cell_type"] != "markdown":
            yield f"no question stands before {source(cells[i])[:40]!r}"
        found = SOLUTION.search(source(after)) if after["cell_type"] == "markdown" else None
        if found is None or not PYTHON.search(found[1]):
            yield f"no solution in <details> follows {source(cells[i])[:40]!r}"
