"""Every stored chapter keeps the rules, and each rule catches a chapter that breaks it."""

import copy
import json
import subprocess
import sys

import pytest
from chapter_rules import complaints

from companion.lessons.claims import MIME


def text_of(notebook):
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def test_chapter_keeps_the_rules(chapter):
    assert complaints(chapter.read_text(encoding="utf-8")) == []


def test_a_chapter_in_small_keeps_the_rules(small_chapter):
    assert complaints(text_of(small_chapter)) == []


def test_nbformat_writes_the_same_text(small_chapter):
    import nbformat

    node = nbformat.from_dict(small_chapter)
    assert nbformat.writes(node).rstrip("\n") + "\n" == text_of(small_chapter)


def test_the_rules_are_a_command(small_chapter, root, tmp_path):
    good, bad = tmp_path / "00_good.ipynb", tmp_path / "00_bad.ipynb"
    good.write_text(text_of(small_chapter))
    bad.write_text(text_of(small_chapter).replace("on a CPU", "on a GPU"))
    command = [sys.executable, str(root / "scripts" / "chapter_rules.py")]
    assert subprocess.run([*command, good], capture_output=True, check=False).returncode == 0
    found = subprocess.run([*command, bad], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stdout.startswith("00_bad.ipynb: starts_as_all_do: ")


def cell_with(notebook, text):
    return next(cell for cell in notebook["cells"] if text in "".join(cell["source"]))


def replaced(old, new):
    """Breaks a source: `old` becomes `new` in the first cell that has it."""

    def edit(notebook):
        cell = cell_with(notebook, old)
        cell["source"] = "".join(cell["source"]).replace(old, new).splitlines(keepends=True)

    return edit


def tagged(text, *tags):
    """Breaks the tags of the first cell that has `text`."""

    def edit(notebook):
        cell_with(notebook, text)["metadata"]["tags"] = list(tags)

    return edit


def printing(text, name="stdout"):
    """Adds a stream output."""

    def edit(notebook):
        output = {"output_type": "stream", "name": name, "text": [text]}
        cell_with(notebook, "total = 1")["outputs"].append(output)

    return edit


def displaying(mime, value):
    """Adds a display output to the cell with the sum."""

    def edit(notebook):
        output = {"output_type": "display_data", "metadata": {}, "data": {mime: value}}
        cell_with(notebook, "total = 1")["outputs"].append(output)

    return edit


def dropped(text):
    """Removes the first cell that has `text`."""

    def edit(notebook):
        notebook["cells"].remove(cell_with(notebook, text))

    return edit


def claimed(key, value):
    """Tampers with the stored claim."""

    def edit(notebook):
        card, *_ = cell_with(notebook, "lesson.claim")["outputs"]
        card["data"][MIME][key] = value

    return edit


def claimed_open(notebook):
    claimed("held", None)(notebook)
    claimed("band", "")(notebook)


def source_first(notebook):
    cell = cell_with(notebook, "getsource")
    notebook["cells"].remove(cell)
    notebook["cells"].insert(4, cell)


def all_long(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = [*cell["source"], *["\n"] * 8]


def unexecuted(notebook):
    cell_with(notebook, "total = 1")["execution_count"] = None


def failed(notebook):
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
    cell_with(notebook, "total = 1")["outputs"].append(error)


def timed(notebook):
    notebook["cells"][3]["metadata"]["execution"] = {"iopub.execute_input": "2026-01-01"}


def with_papermill(notebook):
    notebook["metadata"]["papermill"] = {"duration": 1.0}


def other_kernel(notebook):
    notebook["metadata"]["kernelspec"]["name"] = "colab"


def without_alt(notebook):
    del cell_with(notebook, "plt.plot")["metadata"]["mystnb"]


def without_figure(notebook):
    cell_with(notebook, "plt.plot")["outputs"] = []


def unstored_claim(notebook):
    cell_with(notebook, "lesson.claim")["outputs"] = []


def two_of_a_claim(notebook):
    outputs = cell_with(notebook, "lesson.claim")["outputs"]
    outputs.append(copy.deepcopy(outputs[0]))


def big(notebook):
    notebook["cells"][0]["source"].append("x" * 1_000_000)


SUM = "total = 1 + 1"
VIOLATIONS = {
    "no title": ("starts_as_all_do", replaced("# A chapter in small", "A chapter")),
    "no time": ("starts_as_all_do", replaced("on a CPU", "")),
    "no set-up cell": ("starts_as_all_do", dropped("import importlib")),
    "untagged set-up cell": ("starts_as_all_do", tagged("import importlib")),
    "untagged parameters": ("starts_as_all_do", tagged("PROFILE =")),
    "no lesson": ("starts_as_all_do", replaced("Lesson(PROFILE, SEED)", "None")),
    "a third parameter": ("has_two_parameters", replaced("SEED = 0", "SEED = 0\nEPOCHS = 1")),
    "another profile": ("has_two_parameters", replaced('PROFILE = "book"', 'PROFILE = "smoke"')),
    "no parameters": ("has_two_parameters", tagged("PROFILE =")),
    "no settings": ("tells_in_order", dropped("lesson.settings")),
    "no hand-over": ("tells_in_order", replaced("assert_close(total, sum([1, 1]))\n", "")),
    "no source": ("tells_in_order", dropped("getsource")),
    "source before hand-over": ("tells_in_order", source_first),
    "no references": ("tells_in_order", dropped("## References")),
    "sections swapped": ("tells_in_order", replaced("## Exercises", "## Practice")),
    "a long cell": ("has_short_code", replaced(SUM, SUM + "\n" * 25)),
    "long cells": ("has_short_code", all_long),
    "a long line": ("has_short_code", replaced(SUM, SUM + "  # " + "x" * 70)),
    "a class": ("defines_no_class", replaced(SUM, f"class Sum:\n    pass\n\n\n{SUM}")),
    "an unexecuted cell": ("was_executed_in_order", unexecuted),
    "an error": ("was_executed_in_order", failed),
    "a home folder": ("stores_nothing_of_the_machine", printing("saved to /home/ada/weights\n")),
    "a Windows path": ("stores_nothing_of_the_machine", printing("saved to C:\\Users\\ada\n")),
    "a path in HTML": (
        "stores_nothing_of_the_machine",
        displaying("text/html", ["<b>/tmp/tmpabc/model</b>"]),
    ),
    "a warning": ("stores_nothing_of_the_machine", printing("UserWarning: old\n", "stderr")),
    "a time": ("stores_nothing_of_the_machine", timed),
    "an injected cell": ("stores_nothing_of_the_machine", tagged(SUM, "injected-parameters")),
    "a widget": (
        "stores_nothing_of_the_machine",
        displaying("application/vnd.jupyter.widget-view+json", {"model_id": "1"}),
    ),
    "a directive": ("has_no_myst", replaced("## Naive first", "```{note}\nSo\n```")),
    "a colon directive": ("has_no_myst", replaced("## Naive first", ":::{tip}\nSo\n:::")),
    "a role": ("has_no_myst", replaced("## Naive first", "See {doc}`04_vit`.")),
    "a target": ("has_no_myst", replaced("## Naive first", "(naive)=\n## Naive first")),
    "no alternative text": ("describes_figures", without_alt),
    "a figure not shown": ("shows_its_figures", without_figure),
    "a plot's repr": ("shows_its_figures", displaying("text/plain", ["<Axes: xlabel='epoch'>"])),
    "an <img> without": ("describes_figures", displaying("text/html", ['<img src="a.png">'])),
    "an <img> with a word": ("describes_figures", displaying("text/html", ["<img alt='plot'>"])),
    "an <svg> without": ("describes_figures", displaying("text/html", ["<svg><g/></svg>"])),
    "a Markdown image": ("describes_figures", replaced("## Naive first", "![](images/a.svg)")),
    "a claim for nbval": ("stores_its_claims", tagged("lesson.claim")),
    "a claim not stored": ("stores_its_claims", unstored_claim),
    "a claim twice": ("stores_its_claims", two_of_a_claim),
    "a failed claim": ("stores_its_claims", claimed("held", False)),
    "a claim not judged": ("stores_its_claims", claimed("held", None)),
    "a claim without band": ("stores_its_claims", claimed_open),
    "a claim from smoke": ("stores_its_claims", claimed("profile", "smoke")),
    "too few exercises": ("has_exercises", tagged("my_two = None")),
    "no solution": ("has_exercises", dropped("<details>")),
    "no code in a solution": ("has_exercises", replaced("```python", "```text")),
    "no question": ("has_exercises", dropped("### Exercise")),
    "another kernel": ("is_plain_file", other_kernel),
    "papermill's metadata": ("is_plain_file", with_papermill),
    "too big": ("is_plain_file", big),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_planted_violation_is_caught(small_chapter, name):
    rule, edit = VIOLATIONS[name]
    notebook = copy.deepcopy(small_chapter)
    edit(notebook)
    found = complaints(text_of(notebook))
    assert any(line.startswith(f"{rule}: ") for line in found), found


def test_another_format_is_caught(small_chapter):
    found = complaints(json.dumps(small_chapter))
    assert found == ["is_plain_file: the file is not formatted as nbformat writes it"]


def test_a_class_may_be_the_lesson(small_chapter):
    notebook = copy.deepcopy(small_chapter)
    replaced(SUM, f"class Sum:\n    pass\n\n\n{SUM}")(notebook)
    cell_with(notebook, "class Sum")["metadata"]["tags"] = ["lesson-class"]
    assert complaints(text_of(notebook)) == []
