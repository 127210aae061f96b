"""A reader of the site: a browser as somebody has it, and what went wrong while a page loaded."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Opens a page, by its name, in a browser that never was here; `page.wrong` is what it said."""
    contexts = []

    def open_page(name: str, *, width: int = 1280, height: int = 900, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.wrong = []
        page.on("console", lambda said: note(page, said))
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto(f"{address}/{name}")
        page.wait_for_load_state("networkidle")
        return page

    def note(page: Any, said: Any) -> None:
        if said.type in ("error", "warning"):
            page.wrong.append(said.text)

    yield open_page
    for context in contexts:
        context.close()
