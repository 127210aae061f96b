"""The package's own code, shown in a chapter: what the reader sees is what runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from companion.lessons.show import show


def show_source(*things: Callable[..., Any] | type) -> None:
    """Show classes or functions as they stand in the package, with highlighting.

    Raises:
        ValueError: nothing was given, or a thing has no Python source.
    """
    if not things:
        raise ValueError("show_source() needs at least one class or function")
    try:
        text = "\n\n".join(inspect.getsource(thing).rstrip() for thing in things)
    except (OSError, TypeError) as error:
        raise ValueError(f"there is no Python source to show: {error}") from None
    show(text, None, {"text/markdown": f"```python\n{text}\n```"})
