"""What the live page shows by itself: a digit that draws itself, and a tour. Both give way."""

from typing import Any

import pytest

LINE = [(0.5, 0.2), (0.5, 0.5), (0.5, 0.8)]


def demonstrated(opened: Any, milliseconds: int) -> Any:
    """The page, its own clock stopped so long after the demonstration began."""
    live = opened(reduced_motion="no-preference", clock=True)
    live.page.wait_for_selector(".live[data-state=ready]")
    live.page.clock.pause_at(10**8)
    live.page.locator(".live-demo").click()  # an eight; how far the first got, nobody knows
    live.page.clock.run_for(milliseconds)
    return live


def test_a_digit_draws_itself(opened: Any) -> None:
    live = opened()
    live.page.wait_for_selector(".live[data-state=ready]")
    assert live.first() == "3"  # at once, where motion is not liked
    live = demonstrated(opened, 400)
    begun = live.shown()
    live.page.clock.run_for(400)
    more = live.shown()
    assert 1 < begun["moments"] < more["moments"]
    assert begun["pixels"] != more["pixels"]
    live.page.clock.run_for(3000)
    whole = live.shown()
    assert whole["pixels"] != more["pixels"]
    assert live.first() == "8"
    live.page.clock.run_for(3000)
    assert live.shown() == whole


@pytest.mark.parametrize("after", [300, 6000], ids=["while it draws", "when it has drawn"])
def test_whoever_draws_has_the_pad_alone(after: int, opened: Any) -> None:
    alone = opened().ready()
    alone.draw(LINE)
    live = demonstrated(opened, after)
    live.draw(LINE)
    assert live.shown()["pixels"] == alone.shown()["pixels"]
    assert live.first() == "1"
    live.page.clock.run_for(3000)
    assert live.shown()["pixels"] == alone.shown()["pixels"]
    live.draw([(0.3, 0.5), (0.7, 0.5)])  # a second stroke is the reader's own
    assert live.shown()["pixels"] != alone.shown()["pixels"]
    live.page.locator(".live-undo").click()
    assert live.shown()["pixels"] == alone.shown()["pixels"]


def test_the_keyboards_pen_has_the_pad_alone_and_a_picked_digit_stays(
    opened: Any,
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


def test_a_tour_shows_and_says_what_is_to_be_seen(opened: Any) -> None:
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
        said.append(live.plain(tour.locator("[aria-live=polite]").inner_text()))
        titles.append(page.locator(".live-map-title").inner_text())
        if step in (1, 5):
            assert live.words() in said[-1]
        else:
            assert live.plain(page.locator(".live-map-text").inner_text()) in said[-1]
        live.settle()
        subject = page.locator(".live-pad" if step in (1, 5) else ".live-stage").bounding_box()
        box = tour.bounding_box()
        assert 0 < box["y"] < box["y"] + box["height"] <= subject["y"] + 1
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
    assert live.first() == "1"
    assert live.wrong == []
