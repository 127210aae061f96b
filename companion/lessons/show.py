"""Showing things where the chapter runs: in a notebook, or nowhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any


def show(text: str, html: str | None, more: Mapping[str, Any] | None = None) -> None:
    """Publish one output with its plain and its HTML form (if any); outside IPython, do nothing."""
    if _shell() is not None:
        from IPython.display import display

        forms = {} if html is None else {"text/html": html}
        display({"text/plain": text, **forms, **(more or {})}, raw=True)


def execution() -> int | None:
    """The number of the cell execution under way, None outside IPython."""
    shell = _shell()
    return None if shell is None else int(shell.execution_count)


def _shell() -> Any:
    # Without IPython imported there is no shell, and importing it would slow a script.
    module = sys.modules.get("IPython")
    return None if module is None else module.get_ipython()
