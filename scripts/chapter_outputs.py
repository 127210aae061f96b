"""The rules that a chapter's stored outputs keep: executed, portable, described, claims held.

Each rule takes the cells of a notebook and yields complaints.
"""

import re
from collections.abc import Iterator

from chapter_cells import Cell, calls, code_cells, data_of, source, tags

from companion.lessons.claims import MIME, claims_of

ALT = 20
PLOT = re.compile(r"\[?(<Axes|<Figure|Text\(|<matplotlib)")
MACHINE_PATH = re.compile(r"(?<![\w/])(/(home|root|Users|tmp|work|content|usr|opt)/\w|[A-Z]:\\\w)")


def was_executed_in_order(cells: list[Cell]) -> Iterator[str]:
    """Execution counts are 1..n and nothing failed."""
    counts = [cell["execution_count"] for cell in code_cells(cells)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"the execution counts are {counts}"
    for cell in code_cells(cells):
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                yield f"an error is stored: {output['ename']}: {output['evalue']}"


def stores_nothing_of_the_machine(cells: list[Cell]) -> Iterator[str]:
    """No paths, times, warnings, live widgets or injected cells."""
    for cell in cells:
        for key in {"papermill", "execution", "ExecuteTime"} & set(cell["metadata"]):
            yield f"a cell's metadata holds `{key}`, which differs from run to run"
        if "injected-parameters" in tags(cell):
            yield "a cell injected by papermill is stored"
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                yield f"standard error is stored: {''.join(output['text'])[:60]!r}"
            data = output.get("data", {})
            if any("widget-view" in mime for mime in data):
                yield "a live widget is stored, which no page can show"
            texts = [value for mime, value in data.items() if mime.startswith("text/")]
            for text in map("".join, [*texts, output.get("text", "")]):
                if found := MACHINE_PATH.search(text):
                    path = text[found.start() :][:60]
                    yield f"an output names a path of the machine: {path!r}"


def describes_figures(cells: list[Cell]) -> Iterator[str]:
    """Every figure has alternative text, whoever draws it."""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            yield from undescribed(source(cell), "Markdown")
        for data in data_of(cell):
            yield from undescribed("".join(data.get("text/html", "")), "HTML output")
            image = cell["metadata"].get("mystnb", {}).get("image", {})
            drawn = any(mime.startswith("image/") for mime in data)
            if drawn and len(image.get("alt", "")) < ALT:
                yield f"metadata.mystnb.image.alt is under {ALT} characters: {source(cell)[-60:]!r}"


def shows_its_figures(cells: list[Cell]) -> Iterator[str]:
    """A cell with alternative text stores its figure, and no plot's `repr` stands in its place."""
    for cell in code_cells(cells):
        stored = [data for data in data_of(cell) if any(mime.startswith("image/") for mime in data)]
        if "image" in cell["metadata"].get("mystnb", {}) and not stored:
            yield f"a figure is described and not stored: {source(cell)[-60:]!r}"
        for data in data_of(cell):
            if PLOT.match("".join(data.get("text/plain", ""))) and data not in stored:
                yield f"a plot's repr is stored (assign the result): {source(cell)[-60:]!r}"


def undescribed(text: str, where: str) -> Iterator[str]:
    """Images in Markdown or HTML that say nothing to whoever cannot see them."""
    # Split, so that no sign is looked at twice however long an output is.
    for found in re.finditer(r"!\[([^\[\]]*)\]\(", text):
        if len(found[1]) < ALT:
            yield f"{where}: an image's alternative text is {found[1]!r}"
    for part in text.split("<img ")[1:]:
        tag = part.partition(">")[0]
        alt = re.search(r"\balt=(\"([^\"]*)\"|'([^']*)')", tag)
        if alt is None or len(alt[2] or alt[3] or "") < ALT:
            yield f"{where}: an <img> without alternative text: {tag[:60]}"
    for part in text.split("<svg")[1:]:
        tag, _, inside = part.partition(">")
        named = "aria-label" in tag or "aria-hidden" in tag
        if not named and not inside.lstrip().startswith("<title"):
            yield f"{where}: an <svg> without title or aria-label: {tag[:60]}"


def stores_its_claims(cells: list[Cell]) -> Iterator[str]:
    """Every claim made is stored, was judged in `book`, held, and is not left to nbval."""
    for cell in code_cells(cells):
        here = sum(MIME in data for data in data_of(cell))
        if (here or calls(cell, "claim")) and "nbval-ignore-output" not in tags(cell):
            yield f"a claim's cell is not tagged `nbval-ignore-output`: {source(cell)[:40]!r}"
        if here < calls(cell, "claim"):
            yield f"a claim is made but not stored: {source(cell)[:40]!r}"
    stored = claims_of({"cells": cells})
    for claim in stored:
        if claim["profile"] != "book":
            yield f"claim {claim['id']} was stored in profile {claim['profile']!r}, not 'book'"
        elif claim["held"] is not True:
            done = "did not hold" if claim["held"] is False else "was not judged"
            yield f"claim {claim['id']} {done}"
    if len({claim["id"] for claim in stored}) < len(stored):
        yield "two claims have the same id"
