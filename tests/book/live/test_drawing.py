"""Drawing on the live page by mouse, finger and keyboard: what it answers, and says."""

import itertools
from typing import Any

import pytest
import torch


def test_drawing_gives_pytorchs_answer_while_the_stroke_grows(
    opened: Any, model: torch.nn.Module
) -> None:
    live = opened().ready()
    live.draw()
    shown = live.shown()
    probabilities, maps = live.pytorchs(model, shown)
    assert torch.tensor(shown["logits"]).softmax(0) == pytest.approx(probabilities, abs=1e-5)
    assert live.shares() == [live.percent(float(share)) for share in probabilities]
    best = int(probabilities.argmax())
    assert live.first() == str(best)
    assert f" {best}" in live.words()
    assert live.percent(float(probabilities.max())) in live.words()
    assert best == 3
    theirs = torch.tensor(shown["maps"]).reshape(maps.shape)
    assert (theirs - maps).abs().max() < 1e-5
    assert shown["moments"] > 3  # it answered on the way, not at the end alone
    assert live.wrong == []


def test_undo_and_clear(opened: Any) -> None:
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


def test_a_finger_draws_and_does_not_scroll(opened: Any) -> None:
    live = opened(width=390, has_touch=True, is_mobile=True).ready()
    before = live.page.evaluate("scrollY")
    places = live.places(live.THREE)
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
    assert live.first() == "3"
    assert live.page.evaluate("scrollY") == before
    assert live.too_wide() == [0, []]
    assert live.wrong == []


def test_real_digits_are_picked_by_keyboard(opened: Any) -> None:
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


def test_the_keyboard_has_a_pen(opened: Any) -> None:
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
    assert live.first() == "1"
    drawn = live.shown()
    press("ArrowRight")
    assert live.shown()["pixels"] == drawn["pixels"]
    assert live.page.url.endswith("live.html")  # arrow keys did not turn the page
    press("Delete")
    assert live.shown()["logits"] is None


def test_it_is_said_when_the_stroke_rests(opened: Any) -> None:
    live = opened(clock=True).ready()
    said = live.page.locator(".live-said")
    assert said.get_attribute("role") == "status"
    live.page.clock.run_for(600)
    assert said.text_content() == "The pad is empty."
    live.page.clock.pause_at(10**8)
    live.draw()
    assert said.text_content() == "The pad is empty."
    live.page.clock.run_for(600)
    assert " 3," in live.plain(said.text_content())
    assert live.plain(said.text_content()) == live.words()
