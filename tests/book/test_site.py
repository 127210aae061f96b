"""The built site in a real browser, the network cut: light and dark, on a desk and a phone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RAW_MATH = r"""() => {
  const article = document.querySelector("main").cloneNode(true);
  article.querySelectorAll("pre, code, script, style, math").forEach((n) => n.remove());
  const raw = /\\\(|\\\[|\\begin\{|\$[^$\n]+\$/.exec(article.textContent);
  const bare = [...document.querySelectorAll("main .math:not(:has(math))")];
  return [raw && raw[0], bare.length];
}"""
BROKEN_IMAGES = "() => [...document.images].filter((i) => !i.naturalWidth).map((i) => i.src)"
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (n) => n && n.matches && (
    /auto|scroll|hidden/.test(getComputedStyle(n).overflowX) || scrolls(n.parentElement));
  const wide = [...document.querySelectorAll("article.bd-article *")]
    .filter((n) => n.getBoundingClientRect().right > width + 1 && !scrolls(n.parentElement))
    .map((n) => n.outerHTML.slice(0, 120));
  return [document.documentElement.scrollWidth - width, wide];
}"""
SETTLED = """async () => {
  document.querySelectorAll("img[loading=lazy]").forEach((image) => (image.loading = "eager"));
  await Promise.all([...document.images].map((image) => image.decode().catch(() => 0)));
  await document.fonts.ready;
}"""


def toc_pages(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("root", "file"):
                yield value.removeprefix("book/")
            else:
                yield from toc_pages(value)
    elif isinstance(node, list):
        for child in node:
            yield from toc_pages(child)


PAGES = list(toc_pages(yaml.safe_load((ROOT / "_toc.yml").read_text())))


class Visit:
    """One page, opened with the network cut, and what went wrong while it loaded."""

    def __init__(self, browser: Any, url: str, *, theme: str, width: int) -> None:
        self.wrong: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.context.add_init_script(
            f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
        )
        self.context.route("**/*", self._loopback_only)
        self.page = self.context.new_page()
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("requestfailed", lambda request: self.wrong.append(f"failed: {request.url}"))
        self.page.on("response", self._note_response)
        self.page.goto(url)
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate(SETTLED)

    def _loopback_only(self, route: Any) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            self.wrong.append(f"left the machine: {route.request.url}")
            route.abort()

    def _note_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")

    def _note_response(self, response: Any) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {response.url}")

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.parametrize("page", [*PAGES, "search", "genindex"])
def test_page_loads_without_network(page: str, browser: Any, address: str) -> None:
    with Visit(browser, f"{address}/{page}.html", theme="light", width=1280) as visit:
        assert visit.wrong == []
        assert visit.page.evaluate(BROKEN_IMAGES) == []
        assert visit.page.evaluate(RAW_MATH) == [None, 0]
        assert visit.page.locator("h1:visible").count() >= 1


def test_formulas_are_rendered(browser: Any, address: str) -> None:
    with Visit(browser, f"{address}/04_vit.html", theme="dark", width=1280) as visit:
        formulas = visit.page.locator("article math")
        assert formulas.count() > 0
        box = formulas.first.bounding_box()
        assert box is not None
        assert box["width"] > 1
        assert box["height"] > 1


@pytest.mark.parametrize("page", PAGES)
def test_no_sideways_scroll_on_a_phone(page: str, browser: Any, address: str) -> None:
    with Visit(browser, f"{address}/{page}.html", theme="dark", width=390) as visit:
        assert visit.wrong == []
        assert visit.page.evaluate(TOO_WIDE) == [0, []]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", [*PAGES, "search"])
def test_accessible(page: str, theme: str, browser: Any, address: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with Visit(browser, f"{address}/{page}.html", theme=theme, width=1280) as visit:
        assert visit.page.evaluate("document.documentElement.dataset.theme") == theme
        visit.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
        # Those that end: the frames of a figure go round until they are paused.
        moving = """document.getAnimations().some((motion) => motion.playState === "running"
          && motion.effect.getComputedTiming().endTime !== Infinity)"""
        visit.page.wait_for_function(f"!{moving}")
        assert serious(Axe().run(visit.page).response) == []


def serious(response: dict[str, Any]) -> list[str]:
    """What axe-core finds of serious and critical impact: the rule and where."""
    return [
        f"{found['id']}: {node['html'][:160]} {node['any'][:1] and node['any'][0]['message']}"
        for found in response["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


def test_phone_is_accessible(browser: Any, address: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with Visit(browser, f"{address}/04_vit.html", theme="light", width=390) as visit:
        assert serious(Axe().run(visit.page).response) == []


def test_search_finds_a_term_offline(browser: Any, address: str) -> None:
    with Visit(browser, f"{address}/search.html?q=rollout", theme="light", width=1280) as visit:
        visit.page.wait_for_selector("#search-results li a")
        found = visit.page.locator("#search-results li a").all_inner_texts()
        assert any("glossary" in text.lower() for text in found)
        assert visit.wrong == []


def test_theme_switch_changes_the_page(browser: Any, address: str) -> None:
    with Visit(browser, f"{address}/index.html", theme="light", width=1280) as visit:
        ground = "getComputedStyle(document.body).backgroundColor"
        before = visit.page.evaluate(ground)
        for _ in range(2):  # the switch goes round light, dark and the system's choice
            visit.page.locator(".theme-switch-button:visible").first.click()
            if visit.page.evaluate("document.documentElement.dataset.theme") == "dark":
                break
        assert visit.page.evaluate(ground) != before


def test_claims_page_holds_every_claim(
    browser: Any, address: str, executed_book: dict[str, Path]
) -> None:
    from companion.lessons.card import measured
    from companion.lessons.claims import claims_of

    stored = [
        (name, claim)
        for name, path in executed_book.items()
        for claim in claims_of(json.loads(path.read_text()))
    ]
    assert stored
    with Visit(browser, f"{address}/claims.html", theme="light", width=1280) as visit:
        assert visit.page.locator(".claims-table tbody tr").count() == len(stored)
        for name, claim in stored:
            row = visit.page.locator(f'[id="{name}-{claim["id"]}"]')
            shown = row.locator('td[data-label="Measured"]').inner_text()
            assert shown.replace("\N{NO-BREAK SPACE}", " ") == measured(claim)
            assert claim["title"] in row.locator("th").inner_text()


def test_card_and_row_lead_to_each_other(browser: Any, address: str) -> None:
    with Visit(browser, f"{address}/04_vit.html", theme="light", width=1280) as visit:
        card = visit.page.locator(".claim").first
        title = card.locator("strong").inner_text().split(": ", 1)[1]
        card.locator("a").click()
        visit.page.wait_for_load_state("networkidle")
        row = visit.page.locator("tr:target")
        assert row.locator(".claim-title").inner_text() == title
        assert row.is_visible()
        row.locator(".claim-title").click()
        visit.page.wait_for_load_state("networkidle")
        assert title in visit.page.locator(".claim:target").inner_text()
        assert visit.wrong == []
