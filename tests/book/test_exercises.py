"""Every solution in a chapter passes its own check; attempts that are not there fail nothing."""

import ast
import copy
import json
import os
import subprocess
import sys
import textwrap

import pytest
from chapter_cells import source, tags
from chapter_sources import PYTHON, SOLUTION

RUN = """
import json, sys

steps = json.load(sys.stdin)
names = {"__name__": "__main__"}
for step in steps["shared"]:
    exec(step, names)
for solution, attempt, check in steps["exercises"]:
    own = dict(names)
    exec(solution, own)
    result = eval(check, own)
    assert result.passed is True, f"{check}: {result.message}"
    fresh = dict(names)
    exec(attempt, fresh)
    assert eval(check, fresh).passed is None, f"{check}: unattempted, yet judged"
print(len(steps["exercises"]), "solved")
"""


def solution_after(cells, place):
    """The Python code behind <details> in the cell below an exercise."""
    found = SOLUTION.search(source(cells[place + 1]))
    assert found, f"no solution follows {source(cells[place])!r}"
    return "\n".join(textwrap.dedent(block) for block in PYTHON.findall(found[1]))


def attempt_and_check(cell):
    """An exercise's code as what the reader fills in, and the call that judges it."""
    body = ast.parse(source(cell)).body
    assert isinstance(body[-1], ast.Expr), f"the last line is no check: {source(cell)!r}"
    attempt = "\n".join(map(ast.unparse, body[:-1]))
    return attempt, ast.unparse(body[-1].value)


def exercises_of(notebook):
    """Solution, attempt and check of every exercise."""
    cells = notebook["cells"]
    places = [i for i, cell in enumerate(cells) if "exercise" in tags(cell)]
    return [[solution_after(cells, i), *attempt_and_check(cells[i])] for i in places]


def shared_by(notebook):
    """Parameters (in `smoke`), imports, and the cells that exercises need (`exercise-setup`)."""
    chosen = {"parameters", "imports", "exercise-setup"}
    cells = [cell for cell in notebook["cells"] if chosen & set(tags(cell))]
    return [source(cell).replace('"book"', '"smoke"') for cell in cells]


def solve(notebook, folder):
    """Runs all solutions with their checks, strictly, in a process of their own."""
    steps = {"shared": shared_by(notebook), "exercises": exercises_of(notebook)}
    hidden = ("COMPANION_DATA", "COMPANION_SET")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    strict = {"COMPANION_STRICT": "1", "TQDM_DISABLE": "1", "MPLBACKEND": "agg"}
    return subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps(steps),
        cwd=folder,
        env={**kept, **strict},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_solution_passes_its_check(chapter, tmp_path):
    notebook = json.loads(chapter.read_text(encoding="utf-8"))
    done = solve(notebook, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == f"{len(exercises_of(notebook))} solved"


def test_the_stored_attempts_are_the_readers(chapter):
    notebook = json.loads(chapter.read_text(encoding="utf-8"))
    for solution, attempt, check in exercises_of(notebook):
        assert solution.strip() not in attempt, f"{check} is solved in the chapter already"


@pytest.fixture
def small_with_check(small_chapter):
    notebook = copy.deepcopy(small_chapter)
    cell = next(cell for cell in notebook["cells"] if "@exercise" in source(cell))
    cell["metadata"]["tags"] = ["exercise-setup"]
    return notebook


def test_solutions_in_small_pass(small_with_check, tmp_path):
    done = solve(small_with_check, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "3 solved"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("my_two = 1 + 1", "my_two = 3", "something else than two"),
        ("my_two = 1 + 1", "my_two = None", "Write your attempt"),
        ("my_two = None", "my_two = 2", "unattempted, yet judged"),
    ],
    ids=["a wrong solution", "an empty solution", "a solved attempt"],
)
def test_a_planted_mistake_is_caught(small_with_check, tmp_path, old, new, complaint):
    text = json.dumps(small_with_check).replace(old, new)
    done = solve(json.loads(text), tmp_path)
    assert done.returncode == 1
    assert complaint in done.stderr
