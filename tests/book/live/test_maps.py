"""The live page's maps: each number and each shade where its weight is."""

from typing import Any

import torch

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
PAPER = """() => {
  const context = document.querySelector(".live-seen").getContext("2d");
  return [...context.getImageData(1, 1, 1, 1).data].slice(0, 3);
}"""
COLOURS = """() => [...document.querySelectorAll(".live-heads canvas")].map((canvas) => {
  const context = canvas.getContext("2d"), step = canvas.width / 4;
  return Array.from({ length: 16 }, (_, i) => [...context.getImageData(
    (i % 4 + 0.5) * step, Math.floor(i / 4) * step + 2, 1, 1).data].slice(0, 3));
})"""


def test_a_map_is_chosen_and_read(opened: Any, model: torch.nn.Module) -> None:
    live = opened().ready()
    live.draw()
    _, maps = live.pytorchs(model, live.shown())
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
    assert live.percent(float(weights[0])) in live.plain(text)


def test_heat_lies_where_the_weights_are(opened: Any, model: torch.nn.Module) -> None:
    live = opened().ready()
    live.draw([(0.5, 0.3), (0.5, 0.5), (0.5, 0.8)])  # no ink in the middle of a patch
    _, maps = live.pytorchs(model, live.shown())
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


def test_the_theme_changes_what_is_painted(opened: Any) -> None:
    live = opened().ready()
    live.draw()
    light = live.page.evaluate(PAPER)
    live.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    live.settle()
    assert sum(live.page.evaluate(PAPER)) < sum(light) - 400
    assert live.shown()["logits"] is not None
