"""The live page as a page: what it loads and when, who can use it, what it states."""

import functools
import gzip
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
LARGEST = 700_000


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    handler = functools.partial(Silent, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_accessible_with_a_drawing(theme: str, width: int, opened: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    live = opened(theme=theme, width=width).ready()
    live.draw()
    live.settle()
    found = [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in Axe().run(live.page).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
    assert found == []
    assert live.too_wide() == [0, []]


def test_a_tapped_button_does_not_stay_pressed(opened: Any) -> None:
    live = opened(width=390, has_touch=True, is_mobile=True).ready()
    live.draw()
    ground = "node => getComputedStyle(node).backgroundColor"
    show = live.page.locator(".live-demo")
    before = show.evaluate(ground)
    show.tap()
    show.hover()  # as a phone's browser leaves it behind
    live.settle()
    assert show.evaluate(ground) == before == "rgba(0, 0, 0, 0)"


def test_text_of_twice_the_size_fits_a_phone(opened: Any) -> None:
    live = opened(width=390, has_touch=True, is_mobile=True).ready()
    live.page.add_style_tag(content="html { font-size: 200% !important }")
    live.draw()
    live.settle()
    assert live.too_wide() == [0, []]
    live.page.locator(".live-tour button").first.click()
    assert live.too_wide() == [0, []]


def test_weights_come_after_the_page_and_may_fail_to(opened: Any, served: str) -> None:
    live = opened(f"{served}/live.html")
    live.page.wait_for_selector(".live[data-state=ready]")
    begun, loaded = live.page.evaluate("""() => {
      const timed = (type) => performance.getEntriesByType(type);
      const model = timed("resource").find(({ name }) => name.endsWith("model.js"));
      return [model.startTime, timed("navigation")[0].loadEventStart];
    }""")
    assert begun >= loaded > 0
    live = opened(missing="model.js")
    live.page.wait_for_selector(".live[data-state=failed]")
    assert "live/model.js did not load" in live.page.locator(".live").inner_text()


def test_without_scripts_the_page_says_so(opened: Any) -> None:
    live = opened(java_script_enabled=False)
    assert "JavaScript is switched off" in live.page.locator(".live-off").inner_text()
    assert not live.page.locator(".live").is_visible()


def test_it_runs_from_a_server_too(opened: Any, served: str) -> None:
    live = opened(f"{served}/live.html").ready()
    live.draw()
    assert live.first() == "3"
    assert live.wrong == []


def test_it_loads_little_and_on_its_own_page_alone(site: Path) -> None:
    files = sorted((site / "live").iterdir())
    assert [path.name for path in files] == ["live.css", "live.js", "model.js"]
    assert 400_000 < sum(path.stat().st_size for path in files) < LARGEST
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 450_000
    loads = [page.name for page in site.glob("*.html") if "live/live.js" in page.read_text()]
    assert loads == ["live.html"]
    globals_of = (site / "live" / "live.js").read_text()
    assert globals_of.startswith("(() => {")
    assert "fetch(" not in globals_of
    assert "http" not in globals_of


def test_the_page_states_what_the_record_says(site: Path) -> None:
    record = json.loads((ROOT / "book" / "weights" / "04_vit_mnist.json").read_text())
    page = (site / "live.html").read_text()
    assert f"{100 * record['test_accuracy']:.1f} %" in page
    assert "205,066 parameters" in page
    assert "<!-- live:" not in page
