"""The live page in a real browser, the network cut: drawing, touching, typing, seeing, hearing."""

import functools
import gzip
import http.server
import itertools
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import torch

from companion.inspection import record_attention

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 700_000
THREE = [
    (0.3, 0.3),
    (0.45, 0.18),
    (0.65, 0.28),
    (0.5, 0.48),
    (0.7, 0.68),
    (0.5, 0.84),
    (0.28, 0.74),
]
# What a visible number says, and in which sixteenth of the map its middle lies.
NUMBERS = """() => {
  const map = document.querySelector(".live-stage").getBoundingClientRect();
  const numbers = [...document.querySelectorAll(".live-cells span")].filter((n) => n.textContent);
  return numbers.map((n) => {
    const { left, right, top, bottom } = n.getBoundingClientRect();
    const at = (middle, from, size) => Math.floor((4 * (middle - from)) / size);
    const row = at((top + bottom) / 2, map.top, map.height);
    return [4 * row + at((left + right) / 2, map.left, map.width), Number(n.textContent)];
  });
}"""
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll(".live, .live *")]
    .filter((n) => n.getBoundingClientRect().right > width + 1).map((n) => n.className);
  return [document.documentElement.scrollWidth - width, wide];
}"""
# A theme's font may not be preloaded from a file; the page does without.
FROM_A_FILE = re.compile(r"fontawesome|ERR_FAILED|preload")


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


class Live:
    """The live page, opened; what it shows; what went wrong."""

    def __init__(
        self, browser: Any, url: str, *, theme: str, clock: bool, missing: str, **context: Any
    ) -> None:
        self.wrong: list[str] = []
        self.context = browser.new_context(offline=url.startswith("file"), **context)
        self.context.add_init_script(
            f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
        )
        self.missing = missing
        self.context.route("**/*", self._stay)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("console", self._note)
        if clock:
            self.page.clock.install(time=0)
        self.page.goto(url)

    def _stay(self, route: Any) -> None:
        if self.missing and route.request.url.endswith(self.missing):
            route.abort()
        elif urlsplit(route.request.url).hostname in ("127.0.0.1", None, ""):
            route.continue_()
        else:
            self.wrong.append(f"left the machine: {route.request.url}")
            route.abort()

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning") and not FROM_A_FILE.search(message.text):
            self.wrong.append(f"console: {message.text}")

    def ready(self) -> "Live":
        """Wait until the page has started and its demonstration is over, then clear the pad."""
        self.page.wait_for_selector(".live[data-state=ready]")
        self.page.locator(".live-clear").click()
        assert self.shown()["logits"] is None
        return self

    def settle(self) -> "Live":
        """Wait until what was asked for is painted, and what came into view is, too."""
        frame = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        for _ in range(2):
            self.page.evaluate(frame)
        return self

    def shown(self) -> dict[str, Any]:
        return self.page.locator(".live").evaluate(
            "host => ({ ...host.shown, maps: host.shown.maps?.map((l) => l.map((m) => [...m])) })"
        )

    def places(self, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        pad = self.page.locator(".live-pad")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]

    def draw(self, points: list[tuple[float, float]] = THREE) -> None:
        first, *rest = self.places(points)
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for place in rest:
            self.page.mouse.move(*place, steps=6)
        self.page.mouse.up()

    def shares(self) -> list[str]:
        return [plain(text) for text in self.page.locator(".live-share").all_inner_texts()]

    def words(self) -> str:
        return plain(self.page.locator(".live-words").inner_text())


@pytest.fixture
def opened(browser: Any, site: Path) -> Iterator[Callable[..., Live]]:
    """Opens the page as a file, unless told otherwise."""
    pages: list[Live] = []

    def open_live(
        url: str = "",
        *,
        theme: str = "light",
        width: int = 1280,
        clock: bool = False,
        missing: str = "",
        **more: Any,
    ) -> Live:
        url = url or (site / "live.html").as_uri()
        more = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce", **more}
        pages.append(Live(browser, url, theme=theme, clock=clock, missing=missing, **more))
        return pages[-1]

    yield open_live
    for live in pages:
        live.context.close()


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


@pytest.fixture(scope="module")
def model(site: Path) -> torch.nn.Module:
    sys.path.insert(0, str(ROOT / "scripts" / "site"))
    from live import read_record
    from live_digits import stored_model

    weights = ROOT / "book" / "weights"
    sizes = read_record(weights)["sizes"]
    return stored_model(weights / "04_vit_mnist.safetensors", sizes)


def answer(model: torch.nn.Module, shown: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """PyTorch's probabilities (10) and maps (l, h, q, k) for the pixels that the page shows."""
    image = torch.tensor(shown["pixels"]).reshape(1, 1, 28, 28)
    with torch.inference_mode(), record_attention(model) as maps:
        logits = model(image)
    return logits.softmax(-1)[0], torch.cat([layer.weights for layer in maps])


def percent(share: float) -> str:
    if 0 < share < 0.005:
        return "< 1 %"
    return "> 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def test_drawing_gives_pytorchs_answer_while_the_stroke_grows(
    opened: Callable[..., Live], model: torch.nn.Module
) -> None:
    live = opened().ready()
    live.draw()
    shown = live.shown()
    probabilities, maps = answer(model, shown)
    assert torch.tensor(shown["logits"]).softmax(0) == pytest.approx(probabilities, abs=1e-5)
    assert live.shares() == [percent(float(share)) for share in probabilities]
    best = int(probabilities.argmax())
    assert live.page.locator(".live-first b").inner_text() == str(best)
    assert f" {best}" in live.words()
    assert percent(float(probabilities.max())) in live.words()
    assert best == 3
    theirs = torch.tensor(shown["maps"]).reshape(maps.shape)
    assert (theirs - maps).abs().max() < 1e-5
    assert shown["moments"] > 3  # it answered on the way, not at the end alone
    assert live.wrong == []


def test_undo_and_clear(opened: Callable[..., Live]) -> None:
    live = opened().ready()
    undo = live.page.locator(".live-undo")
    assert undo.is_disabled()
    live.draw()
    first = live.shown()
    live.draw([(0.2, 0.5), (0.5, 0.5), (0.8, 0.5)])
    assert live.shown()["pixels"] != first["pixels"]
    undo.click()
    assert live.shown()["pixels"] == first["pixels"]
    assert live.shown()["moments"] == first["moments"]
    live.page.keyboard.press("Tab")
    live.page.locator(".live-pad").focus()
    live.page.keyboard.press("Control+z")
    assert live.shown()["logits"] is None
    assert set(live.shares()) == {"–"}
    assert live.words() == "The pad is empty."
    assert live.wrong == []


def test_a_finger_draws_and_does_not_scroll(opened: Callable[..., Live]) -> None:
    live = opened(width=390, has_touch=True, is_mobile=True).ready()
    before = live.page.evaluate("scrollY")
    places = live.places(THREE)
    hand = live.context.new_cdp_session(live.page)

    def touch(kind: str, *place: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in place]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = live.page.evaluate("scrollY")
    touch("touchStart", places[0])
    for (x0, y0), (x1, y1) in itertools.pairwise(places):
        for k in range(1, 6):
            touch("touchMove", (x0 + (x1 - x0) * k / 5, y0 + (y1 - y0) * k / 5))
    touch("touchEnd")
    live.page.wait_for_function("document.querySelector('.live').shown.logits")
    live.settle()
    assert live.page.locator(".live-first b").inner_text() == "3"
    assert live.page.evaluate("scrollY") == before
    assert live.page.evaluate(TOO_WIDE) == [0, []]
    assert live.wrong == []


def test_real_digits_are_picked_by_keyboard(opened: Callable[..., Live]) -> None:
    live = opened().ready()
    buttons = live.page.locator(".live-digits button")
    assert buttons.count() == 20
    assert live.page.locator(".live-digits button[tabindex='0']").count() == 1
    buttons.first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "End", "ArrowRight", "ArrowLeft"):
        live.page.keyboard.press(key)
    assert live.page.evaluate("document.activeElement.ariaLabel") == "a real 9, number 2"
    live.page.keyboard.press("Enter")
    nine = live.shown()
    assert nine["logits"] is not None
    assert nine["moments"] == 1
    assert buttons.last.get_attribute("tabindex") == "0"
    live.page.keyboard.press("Home")
    live.page.keyboard.press("Enter")
    assert live.shown()["pixels"] != nine["pixels"]
    assert live.wrong == []


def test_the_keyboard_has_a_pen(opened: Callable[..., Live]) -> None:
    live = opened().ready()
    live.page.keyboard.press("Shift+Tab")  # so that focus is seen to come from a keyboard
    live.page.locator(".live-pad").focus()
    press = live.page.keyboard.press
    press("ArrowLeft")
    assert live.shown()["logits"] is None  # the pen is up
    press("Space")
    for _ in range(5):
        press("Shift+ArrowDown")
    press("Space")
    assert live.page.locator(".live-first b").inner_text() == "1"
    drawn = live.shown()
    press("ArrowRight")
    assert live.shown()["pixels"] == drawn["pixels"]
    assert live.page.url.endswith("live.html")  # arrow keys did not turn the page
    press("Delete")
    assert live.shown()["logits"] is None


def test_a_map_is_chosen_and_read(opened: Callable[..., Live], model: torch.nn.Module) -> None:
    live = opened().ready()
    live.draw()
    _, maps = answer(model, live.shown())
    smalls, page = live.page.locator(".live-heads button"), live.page

    def large() -> tuple[str, list[int]]:
        title = page.locator(".live-map-title").inner_text()
        numbers = dict(page.evaluate(NUMBERS))
        return title, [numbers.get(patch, 0) for patch in range(16)]

    def row(layer: int, head: int, query: int = 0) -> list[int]:
        return [round(100 * float(weight)) for weight in maps[layer, head, query, 1:]]

    def alike(found: list[int], expected: list[int]) -> bool:
        return all(abs(a - b) <= 1 for a, b in zip(found, expected, strict=True))

    assert smalls.count() == 16
    assert page.locator(".live-told").text_content() == ""  # silent while a stroke grows
    smalls.nth(5).click()
    title, found = large()
    assert title == "Layer 2, head 2"
    assert alike(found, row(1, 1))
    smalls.nth(10).hover()
    assert large()[0] == "Layer 3, head 3"
    page.locator(".live-words").hover()
    assert large()[0] == "Layer 2, head 2"
    smalls.nth(5).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert large()[0] == "Layer 1, head 3"
    assert page.locator(".live-told").text_content().startswith("Layer 1, head 3. The class")
    assert page.locator(".live-heads [aria-pressed=true]").get_attribute("aria-label") == (
        "layer 1, head 3"
    )
    box = page.locator(".live-cells").bounding_box()
    page.locator(".live-cells").click(position={"x": 0.6 * box["width"], "y": 0.3 * box["height"]})
    assert page.locator(".live-who").input_value() == "7"
    assert alike(large()[1], row(0, 2, query=7))
    assert "The patch in row 2, column 3" in page.locator(".live-map-text").inner_text()
    page.locator(".live-who").select_option("0")
    text = page.locator(".live-map-text").inner_text()
    weights = maps[0, 2, 0]
    most = int(weights[1:].argmax())
    assert f"row {1 + most // 4}, column {1 + most % 4}" in text
    assert percent(float(weights[0])) in plain(text)


PAPER = """() => {
  const context = document.querySelector(".live-seen").getContext("2d");
  return [...context.getImageData(1, 1, 1, 1).data].slice(0, 3);
}"""
COLOURS = """() => [...document.querySelectorAll(".live-heads canvas")].map((canvas) => {
  const context = canvas.getContext("2d"), step = canvas.width / 4;
  return Array.from({ length: 16 }, (_, i) => [...context.getImageData(
    (i % 4 + 0.5) * step, Math.floor(i / 4) * step + 2, 1, 1).data].slice(0, 3));
})"""


def test_heat_lies_where_the_weights_are(
    opened: Callable[..., Live], model: torch.nn.Module
) -> None:
    live = opened().ready()
    live.draw([(0.5, 0.3), (0.5, 0.5), (0.5, 0.8)])  # no ink in the middle of a patch
    _, maps = answer(model, live.shown())
    heat = maps[:, :, 0, 1:].flatten(0, 1)
    live.page.locator(".live-heads").scroll_into_view_if_needed()
    live.settle()
    light = torch.tensor(live.page.evaluate(COLOURS)).sum(-1).float()
    for weights, shades in zip(heat, light, strict=True):
        if weights.max() > 0.3 * heat.max():
            assert shades[weights.argmax()] == shades.min()
    assert light.min() == light.flatten()[heat.argmax()]
    live.page.locator(".live-own").check()
    own = torch.tensor(live.page.evaluate(COLOURS)).sum(-1).float()
    assert own.min(1).values.max() - own.min() <= 2  # every map has its darkest patch
    assert light.min(1).values.max() - light.min() > 20


def test_the_theme_changes_what_is_painted(opened: Callable[..., Live]) -> None:
    live = opened().ready()
    live.draw()
    light = live.page.evaluate(PAPER)
    live.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    live.settle()
    assert sum(live.page.evaluate(PAPER)) < sum(light) - 400
    assert live.shown()["logits"] is not None


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_accessible_with_a_drawing(theme: str, width: int, opened: Callable[..., Live]) -> None:
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
    assert live.page.evaluate(TOO_WIDE) == [0, []]


def test_it_is_said_when_the_stroke_rests(opened: Callable[..., Live]) -> None:
    live = opened(clock=True).ready()
    said = live.page.locator(".live-said")
    assert said.get_attribute("role") == "status"
    live.page.clock.run_for(600)
    assert said.text_content() == "The pad is empty."
    live.page.clock.pause_at(10**8)
    live.draw()
    assert said.text_content() == "The pad is empty."
    live.page.clock.run_for(600)
    assert " 3," in plain(said.text_content())
    assert plain(said.text_content()) == live.words()


def demonstrated(opened: Callable[..., Live], milliseconds: int) -> Live:
    """The page, its own clock stopped so long after the demonstration began."""
    live = opened(reduced_motion="no-preference", clock=True)
    live.page.wait_for_selector(".live[data-state=ready]")
    live.page.clock.pause_at(10**8)
    live.page.locator(".live-demo").click()  # an eight; how far the first got, nobody knows
    live.page.clock.run_for(milliseconds)
    return live


def test_a_digit_draws_itself(opened: Callable[..., Live]) -> None:
    live = opened()
    live.page.wait_for_selector(".live[data-state=ready]")
    assert (
        live.page.locator(".live-first b").inner_text() == "3"
    )  # at once, where motion is not liked
    live = demonstrated(opened, 400)
    begun = live.shown()
    live.page.clock.run_for(400)
    more = live.shown()
    assert 1 < begun["moments"] < more["moments"]
    assert begun["pixels"] != more["pixels"]
    live.page.clock.run_for(3000)
    whole = live.shown()
    assert whole["pixels"] != more["pixels"]
    assert live.page.locator(".live-first b").inner_text() == "8"
    live.page.clock.run_for(3000)
    assert live.shown() == whole


LINE = [(0.5, 0.2), (0.5, 0.5), (0.5, 0.8)]


@pytest.mark.parametrize("after", [300, 6000], ids=["while it draws", "when it has drawn"])
def test_whoever_draws_has_the_pad_alone(after: int, opened: Callable[..., Live]) -> None:
    alone = opened().ready()
    alone.draw(LINE)
    live = demonstrated(opened, after)
    live.draw(LINE)
    assert live.shown()["pixels"] == alone.shown()["pixels"]
    assert live.page.locator(".live-first b").inner_text() == "1"
    live.page.clock.run_for(3000)
    assert live.shown()["pixels"] == alone.shown()["pixels"]
    live.draw([(0.3, 0.5), (0.7, 0.5)])  # a second stroke is the reader's own
    assert live.shown()["pixels"] != alone.shown()["pixels"]
    live.page.locator(".live-undo").click()
    assert live.shown()["pixels"] == alone.shown()["pixels"]


def test_the_keyboards_pen_has_the_pad_alone_and_a_picked_digit_stays(
    opened: Callable[..., Live],
) -> None:
    live = demonstrated(opened, 6000)
    live.page.locator(".live-pad").focus()
    live.page.keyboard.press("Space")
    assert sum(live.shown()["pixels"]) == 0 or live.shown()["logits"] is None
    live.page.keyboard.press("Space")
    assert live.shown()["moments"] == 1
    live.page.locator(".live-digits button").first.click()
    picked = live.shown()["pixels"]
    live.draw(LINE)
    both = live.shown()["pixels"]
    assert all(now >= before for now, before in zip(both, picked, strict=True))
    assert both != picked


def test_a_tour_shows_and_says_what_is_to_be_seen(opened: Callable[..., Live]) -> None:
    live = opened().ready()
    page, tour = live.page, live.page.locator(".live-tour")
    opener = tour.get_by_role("button", name="Take a short tour")
    opener.focus()
    page.keyboard.press("Enter")
    said, titles = [], []
    for step in range(1, 6):
        assert tour.get_by_text(f"{step} of 5").is_visible()
        assert page.evaluate("document.activeElement.textContent") == (
            "Next" if step < 5 else "End"
        )
        said.append(plain(tour.locator("[aria-live=polite]").inner_text()))
        titles.append(page.locator(".live-map-title").inner_text())
        if step in (1, 5):
            assert live.words() in said[-1]
        else:
            assert plain(page.locator(".live-map-text").inner_text()) in said[-1]
        live.settle()
        subject = page.locator(".live-pad" if step in (1, 5) else ".live-stage").bounding_box()
        box = tour.bounding_box()
        assert box["y"] + box["height"] <= subject["y"] + 1
        assert subject["y"] + subject["height"] <= 901
        page.keyboard.press("Enter")
    assert titles == ["Layer 4, head 3", "Layer 1, head 3", *["Layer 4, head 3"] * 3]
    assert "Looks like a 4" in said[0]
    assert "Looks like a 9" in said[4]
    assert len(set(said)) == 5
    assert page.evaluate("document.activeElement.textContent") == "Take a short tour"
    opener.click()
    page.keyboard.press("Escape")
    assert opener.is_visible()
    opener.click()
    live.draw(LINE)  # whoever draws has left the tour, and its four is gone
    assert opener.is_visible()
    assert page.locator(".live-first b").inner_text() == "1"
    assert live.wrong == []


def test_a_tapped_button_does_not_stay_pressed(opened: Callable[..., Live]) -> None:
    live = opened(width=390, has_touch=True, is_mobile=True).ready()
    live.draw()
    ground = "node => getComputedStyle(node).backgroundColor"
    show = live.page.locator(".live-demo")
    before = show.evaluate(ground)
    show.tap()
    live.settle()
    assert show.evaluate(ground) == before == "rgba(0, 0, 0, 0)"


def test_text_of_twice_the_size_fits_a_phone(opened: Callable[..., Live]) -> None:
    live = opened(width=390, has_touch=True, is_mobile=True).ready()
    live.page.add_style_tag(content="html { font-size: 200% !important }")
    live.draw()
    live.settle()
    assert live.page.evaluate(TOO_WIDE) == [0, []]
    live.page.locator(".live-tour button").first.click()
    assert live.page.evaluate(TOO_WIDE) == [0, []]


def test_weights_come_after_the_page_and_may_fail_to(
    opened: Callable[..., Live], served: str
) -> None:
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


def test_without_scripts_the_page_says_so(opened: Callable[..., Live]) -> None:
    live = opened(java_script_enabled=False)
    assert "JavaScript is switched off" in live.page.locator(".live-off").inner_text()
    assert not live.page.locator(".live").is_visible()


def test_it_runs_from_a_server_too(opened: Callable[..., Live], served: str) -> None:
    live = opened(f"{served}/live.html").ready()
    live.draw()
    assert live.page.locator(".live-first b").inner_text() == "3"
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
