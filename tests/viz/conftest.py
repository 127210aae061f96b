"""What the tests of the explorers share: a browser with the network cut, a page opened in it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

# Each patch's colour, read from the middle of what the canvas shows of it.
PIXELS = """([number, rows, columns]) => {
  const shadow = document.querySelectorAll("[data-explorer]")[number].shadowRoot;
  return [...shadow.querySelectorAll(".drawn")].map((canvas) => {
    const context = canvas.getContext("2d");
    const at = (i, count, size) => Math.floor(((i + 0.5) * size) / count);
    return Array.from({ length: rows * columns }, (_, i) => [...context.getImageData(
      at(i % columns, columns, canvas.width), at(Math.floor(i / columns), rows, canvas.height), 1, 1
    ).data].slice(0, 3));
  });
}"""

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"'><svg onload=alert(3)>",
    "]]><!--<script>alert(4)//",
    "\u2028alert(5)\u2029\\u003c</template>",
    "${alert(6)} $data {{alert(7)}} `",
]
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll("[data-explorer]")].flatMap((host) => [
    ...host.shadowRoot.querySelectorAll(":not(.hidden)")])
    .filter((n) => n.getBoundingClientRect().right > width + 1)
    .map((n) => n.outerHTML.slice(0, 99));
  return [document.documentElement.scrollWidth - width, wide];
}"""

HEIGHTS = """(names) => [document.documentElement.scrollHeight,
  ...[...document.querySelector("[data-explorer]").shadowRoot.querySelectorAll(names)]
    .map((n) => n.getBoundingClientRect().top + scrollY)]"""


class Opened:
    """HTML opened with the network cut, and what went wrong in it."""

    def __init__(self, browser: Any, html: str, *, width: int, **context: Any) -> None:
        self.wrong: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **context)
        self.context.route("**/*", self._refuse)
        self.page = self.context.new_page()
        self.page.on("console", lambda said: self.wrong.append(f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", self._dismiss)
        self.page.set_content(f'<!doctype html><html lang="en"><title>t</title>{html}')

    def _refuse(self, route: Any) -> None:
        self.wrong.append(f"left the page: {route.request.url}")
        route.abort()

    def _dismiss(self, dialog: Any) -> None:
        self.wrong.append(f"a script ran: {dialog.message}")
        dialog.dismiss()

    def ready(self, count: int = 1) -> "Opened":
        """Wait until so many explorers have started."""
        self.page.wait_for_function(
            "n => document.querySelectorAll('[data-state=ready]').length === n", arg=count
        )
        return self

    def stage(self, explorer: int = 0, panel: int = 0) -> Any:
        return self.page.locator("[data-explorer]").nth(explorer).locator(".stage").nth(panel)

    def centre(
        self, row: int, column: int, grid: tuple[int, int], **which: int
    ) -> dict[str, float]:
        """The middle of a patch, seen from the corner of its stage."""
        box = self.stage(**which).bounding_box()
        return {
            "x": (column + 0.5) * box["width"] / grid[1],
            "y": (row + 0.5) * box["height"] / grid[0],
        }

    def shown(self, explorer: int = 0) -> list[dict[str, Any]]:
        return self.page.locator("[data-explorer]").nth(explorer).evaluate("host => host.shown")

    def pixels(self, grid: tuple[int, int], explorer: int = 0, panel: int = 0) -> list[list[int]]:
        return self.page.evaluate(PIXELS, [explorer, *grid])[panel]

    def text(self, name: str, explorer: int = 0) -> str:
        host = self.page.locator("[data-explorer]").nth(explorer)
        return host.locator(f".{name}").first.text_content()

    def heights(self, *names: str) -> list[float]:
        """How high the page is, and where the elements of these names begin."""
        return self.page.evaluate(HEIGHTS, ", ".join(names))

    def too_wide(self) -> list[Any]:
        """By how many pixels the page is too wide, and what in an explorer is."""
        return self.page.evaluate(TOO_WIDE)

    def violations(self) -> list[Any]:
        """What axe finds and calls serious or critical: its rule and where."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        return [(v["id"], [node["html"][:160] for node in v["nodes"]]) for v in serious]

    def hint(self) -> str:
        """What the hint says to whoever sees it."""
        return self.page.locator(".hint span:visible").inner_text()


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Opened]]:
    """Opens HTML in a context of its own, and closes all of them."""
    pages: list[Opened] = []

    def open_html(html: str, *, width: int = 1000, **context: Any) -> Opened:
        pages.append(Opened(browser, html, width=width, **context))
        return pages[-1]

    yield open_html
    for page in pages:
        page.context.close()


@pytest.fixture(scope="session")
def hostile() -> list[str]:
    """Texts that would do harm where they are taken for more than text."""
    return HOSTILE
