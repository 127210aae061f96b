"""The explorer as HTML: one element, its style, its data and its script, escaped."""

import hashlib
import json
from collections.abc import Mapping
from html import escape
from importlib import resources
from string import Template

from companion.viz.explorer.markup import as_lists
from companion.viz.style import COLORS, GRID, INK, MUTED, PANEL

SCRIPTS = (
    *("build.js", "weights.js", "draw.js", "point.js", "panel.js", "thumbs.js", "tour.js"),
    *("explore.js", "explorer.js"),
)
OWN = {
    "image": ("draw.js", "grid.js", "stage.js", "steps.js", "subject.js"),
    "tokens": ("lineup.js", "columns.js", "matrix.js", "stage.js", "steps.js", "subject.js"),
}
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>:root {{ color-scheme: light dark }} body {{ margin: 1rem auto; max-width: 56rem }}</style>
</head>
<body><main>
{html}</main></body>
</html>
"""


def fill_in(
    subject: str, facts: Mapping[str, object], fallback: str, title: str, words: str
) -> str:
    """The explorer's HTML: the files beside this one, filled in. Equal input gives equal HTML.

    Args:
        subject: the folder of what is explored, "image" or "tokens".
        facts: what the script needs, as JSON can hold it.
        fallback: the address of the still picture.
        title: what stands above it.
        words: the text alternative.
    """
    folder = resources.files(__package__)

    def read(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    own = {name: read(f"{subject}/{name}.html") for name in ("controls", "stages")}
    names = {"title": escape(title), "words": escape(words), **own}
    page, theme = read("explorer.html"), read("theme.css")
    style = read("explorer.css") + read(f"{subject}/style.css")
    views = {name: read(f"{name}.html") for name in ("view", "kind", "map")}
    # What is explored says how it is drawn and named; the rest is the same for all.
    scripts = (*SCRIPTS[:-1], *(f"{subject}/{name}" for name in OWN[subject]), SCRIPTS[-1])
    script = lean("\n".join(map(read, scripts)))
    markup = {name: as_lists(Template(view).substitute(names)) for name, view in views.items()}
    # In ASCII and without brackets, no label can end the script that holds it.
    data = json.dumps({**facts, "markup": {**markup, "style": style}}, sort_keys=True)
    for sign in "<>&":
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    # So that a page which holds explorers of two versions starts each by its own script.
    version = "".join((page, style, theme, *views.values(), *own.values(), script)).encode()
    mark = hashlib.sha256(version).hexdigest()[:12]
    colours = {"panel": PANEL, "ink": INK, "muted": MUTED, "line": GRID, **COLORS}
    return Template(page).substitute(
        names,
        mark=mark,
        theme=Template(theme).substitute(colours),
        still=fallback,
        data=data,
        script=f'(() => {{\n"use strict";\n{script.replace("EXPLORER-MARK", mark)}}})();',
    )


def lean(script: str) -> str:
    """A script without its indents and the lines that are comments: it travels with every page.

    Right for scripts without texts of several lines, as these are.
    """
    lines = map(str.strip, script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def whole_page(title: str, html: str) -> str:
    """HTML that stands alone, around HTML for a place in a page."""
    return PAGE.format(title=escape(title), html=html)
