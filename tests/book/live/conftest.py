"""What the live page's tests share: the page, opened without a network, and its model."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import torch

from companion.inspection import record_attention

ROOT = Path(__file__).resolve().parents[3]
LIVE, WEIGHTS = ROOT / "book" / "live", ROOT / "book" / "weights"
sys.path.insert(0, str(ROOT / "scripts" / "site"))
THREE = [
    (0.3, 0.3),
    (0.45, 0.18),
    (0.65, 0.28),
    (0.5, 0.48),
    (0.7, 0.68),
    (0.5, 0.84),
    (0.28, 0.74),
]
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

    THREE = THREE

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

    def first(self) -> str:
        """The digit that the page thinks it is."""
        return str(self.page.locator(".live-first b").inner_text())

    def too_wide(self) -> list[Any]:
        """Pixels that the page is too wide, and the live page's own parts that stick out."""
        return list(self.page.evaluate(TOO_WIDE))

    @staticmethod
    def plain(text: str) -> str:
        return plain(text)

    @staticmethod
    def percent(share: float) -> str:
        """A share as the page writes it."""
        if 0 < share < 0.005:
            return "< 1 %"
        return "> 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"

    @staticmethod
    def pytorchs(
        model: torch.nn.Module, shown: dict[str, Any]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """PyTorch's probabilities (10) and maps (l, h, q, k) for the pixels that the page shows."""
        image = torch.tensor(shown["pixels"]).reshape(1, 1, 28, 28)
        with torch.inference_mode(), record_attention(model) as maps:
            logits = model(image)
        return logits.softmax(-1)[0], torch.cat([layer.weights for layer in maps])


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


@pytest.fixture(scope="session")
def model() -> torch.nn.Module:
    from live import WEIGHTS as NAME, read_record
    from live_digits import stored_model

    return stored_model(WEIGHTS / f"{NAME}.safetensors", read_record(WEIGHTS)["sizes"])


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    """An empty page with the live page's own code in it, the network cut."""
    from live import packed_model, parts

    context = browser.new_context(offline=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.add_script_tag(content=parts(LIVE))
    page.evaluate(f"globalThis.liveModel = {packed_model(WEIGHTS)}")
    page.evaluate("globalThis.vit = new ViT(liveModel)")
    yield page
    context.close()
    assert wrong == []
