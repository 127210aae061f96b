"""What the site needs besides its settings: a Sphinx extension.

Docstrings that are Markdown rather than reStructuredText, and pages that a screen reader can use;
what concerns formulas, cells, terms and each page's head has a file of its own.
"""

import ast
import inspect
import re
import sys
from typing import Any

import formulas
import head
import reading
import terms
from sphinx.application import Sphinx

CITATIONS = 'class="citation-list"'


def markdown_docstring(
    _app: Sphinx, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]
) -> None:
    """Read `code` as code, and let * | _ stand for themselves, as in Markdown."""
    for index, line in enumerate(lines):
        if line.lstrip().startswith((".. ", ":")):
            continue
        parts = re.split(r"(``[^`]+``|(?<!:)`[^`]+`)", line)
        for at, part in enumerate(parts):
            if at % 2 == 0:
                parts[at] = re.sub(r"(?<!\\)([*|])|(?<=\w)(_)(?!\w)", r"\\\g<0>", part)
            elif not part.startswith("``"):
                parts[at] = f"`{part}`"
        lines[index] = "".join(parts)


def plain_citations(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    """Take off a role that promises list items which the theme's citations are not."""
    if "body" in context:
        context["body"] = context["body"].replace('role="list" class="citation-list"', CITATIONS)


def skip_member(
    _app: Sphinx, _what: str, _name: str, member: Any, skip: bool, _options: Any
) -> bool | None:
    """Leave out what NamedTuple writes about its own fields."""
    text = getattr(member, "__doc__", None) or ""
    return True if text.startswith("Alias for field number") else (skip or None)


def import_for_types(_app: Sphinx, documented: Any, _bound: bool) -> None:
    """Let signatures find the names of ours that their module imports for type checkers alone.

    By its bare name a class would lead to whichever of that name stands on the site.
    """
    if not documented.__module__.startswith("companion."):
        return
    module = sys.modules[documented.__module__]
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            ours = [line for line in node.body if "companion" in ast.unparse(line)]
            exec(compile(ast.Module(ours, []), "<types>", "exec"), module.__dict__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what this file defines."""
    for part in (formulas, reading, terms, head):
        part.setup(app)
    app.connect("html-page-context", plain_citations)
    # After napoleon, which turns `Args:` and `Raises:` into fields.
    app.connect("autodoc-process-docstring", markdown_docstring, priority=400)
    app.connect("autodoc-before-process-signature", import_for_types)
    app.connect("autodoc-skip-member", skip_member)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
