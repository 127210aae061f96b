"""The explorer of images in a real browser, the network cut: what is drawn and said."""

import re

import pytest
import torch
from matplotlib.colors import to_rgb

from companion.inspection import AttentionMap, rollout
from companion.parts import TokenLayout
from companion.viz import explore_attention
from companion.viz.plots.overlays import COVER, PALE
from companion.viz.style import PANEL, heat_map

GRID = (3, 4)
PREFIX = ("class token", "distillation token", "register 1", "register 2", "register 3")


def made(prefix=1, layers=2, heads=2, seed=0, rows=12, columns=16):
    """An image, maps, and what an explorer of them should show: (layer, view) -> (n, n)."""
    torch.manual_seed(seed)
    layout = TokenLayout(PREFIX[:prefix], *GRID)
    n = prefix + GRID[0] * GRID[1]
    weights = (torch.randn(layers, 1, heads, n, n) * 2).softmax(-1)
    maps = [AttentionMap(f"blocks.{i}", w, layout) for i, w in enumerate(weights)]
    expected = {(i, f"{h + 1}"): weights[i, 0, h] for i in range(layers) for h in range(heads)}
    expected |= {(i, "mean"): weights[i, 0].mean(0) for i in range(layers)}
    expected |= {(i, "rollout"): rollout(maps[: i + 1])[0].float() for i in range(layers)}
    return torch.rand(3, rows, columns), maps, expected


def assert_shown(shown, expected, query):
    """What is shown is the row of the map, each weight within half a level."""
    row = expected[shown["layer"], shown["view"]][query]
    assert shown["query"] == query
    off = (torch.tensor(shown["weights"]) - row).abs()
    assert (off <= shown["off"] + 1e-6).all()
    assert 0 < shown["off"] <= 1 / 510


def explorer_of(made_of, **settings):
    image, maps, _ = made_of
    return explore_attention(image, maps, **settings).html


@pytest.mark.parametrize("prefix", [0, 1, 2])
def test_hover_shows_the_row_of_the_map(prefix, opened):
    given = made(prefix)
    page = opened(explorer_of(given)).ready()
    for row, column in [(0, 0), (1, 2), (2, 3), (2, 0)]:
        page.stage().hover(position=page.centre(row, column, GRID))
        (shown,) = page.shown()
        assert (shown["layer"], shown["view"]) == (1, "mean")
        assert_shown(shown, given[2], prefix + row * 4 + column)
    assert page.wrong == []


def drawn(image, heat, *, pictured):
    """The colours in the middle of the patches, as `show_attention` lays heat over an image."""
    paper = torch.tensor(to_rgb(PANEL))
    height, width = (size // count for size, count in zip(image.shape[1:], GRID, strict=True))
    under = image[:, height // 2 :: height, width // 2 :: width].flatten(1).T
    under = paper + PALE * (under - paper) if pictured else paper.expand(12, 3)
    share = (heat / heat.max()).clamp(max=1)
    colours = torch.from_numpy(heat_map()(share.numpy()))[:, :3].float()
    return (under + COVER * share[:, None] * (colours - under)) * 255


@pytest.mark.parametrize("pictured", [True, False])
def test_the_canvas_holds_the_heat_over_the_picture(pictured, opened):
    given = made()
    page = opened(explorer_of(given)).ready()
    page.page.locator(".pictured").set_checked(pictured)
    for view in ("1", "rollout"):
        page.page.locator(".head").first.select_option(
            index=["1", "2", "mean", "rollout"].index(view)
        )
        page.stage().hover(position=page.centre(1, 1, GRID))
        heat = given[2][1, view][1 + 4 + 1, 1:]
        pixels = torch.tensor(page.pixels(GRID)).float()
        assert (pixels - drawn(given[0], heat, pictured=pictured)).abs().max() <= 4
        if not pictured:
            assert pixels.sum(-1).argmin() == heat.argmax()
            assert (pixels.sum(-1).argsort()[:3] == heat.argsort(descending=True)[:3]).all()


def test_one_scale_makes_weak_maps_pale(opened):
    given = made(heads=3)
    given[1][1].weights[:, 0] = 1 / 13
    page = opened(explorer_of(given)).ready()
    page.page.locator(".pictured").uncheck()
    page.page.locator(".head").first.select_option(index=0)
    own = torch.tensor(page.pixels(GRID)).float().mean()
    top = page.shown()[0]["top"]
    assert top == pytest.approx(1 / 13)
    assert page.text("top") == "0.077"
    page.page.locator(".common").check()
    assert page.shown()[0]["top"] > 3 * top
    assert page.text("top") != "0.077"
    assert torch.tensor(page.pixels(GRID)).float().mean() > own + 40


def test_every_layer_and_head_can_be_chosen(opened):
    given = made()
    page = opened(explorer_of(given)).ready()
    for layer in range(2):
        for at, view in enumerate(["1", "2", "mean", "rollout"]):
            page.page.locator(".layer").first.select_option(index=layer)
            page.page.locator(".head").first.select_option(index=at)
            (shown,) = page.shown()
            assert (shown["layer"], shown["view"]) == (layer, view)
            assert_shown(shown, given[2], 0)
    page.page.locator(".thumbs canvas").nth(1).click()
    assert (page.shown()[0]["layer"], page.shown()[0]["view"]) == (0, "2")
    assert page.page.locator(".head").first.input_value() == "1"


def test_two_maps_are_compared_for_the_same_patch(opened):
    given = made()
    page = opened(explorer_of(given)).ready()
    page.page.locator(".compare").check()
    page.page.locator(".layer").nth(1).select_option(index=0)
    page.page.locator(".head").nth(1).select_option(index=1)
    page.stage(panel=1).hover(position=page.centre(2, 1, GRID, panel=1))
    first, second = page.shown()
    assert (first["layer"], first["view"]) == (1, "mean")
    assert (second["layer"], second["view"]) == (0, "2")
    for shown in (first, second):
        assert_shown(shown, given[2], 1 + 8 + 1)
    assert page.pixels(GRID, panel=0) != page.pixels(GRID, panel=1)
    page.page.locator(".compare").uncheck()
    assert len(page.shown()) == 1


def test_arrow_keys_walk_over_patches_and_prefix_tokens(opened):
    page = opened(explorer_of(made(prefix=2), prefix_names=["class token", "other token"])).ready()
    page.stage().focus()
    for key, query in [
        ("ArrowRight", 1),
        ("ArrowDown", 2),
        ("ArrowRight", 3),
        ("ArrowDown", 7),
        ("ArrowDown", 11),
        ("ArrowDown", 11),
        ("End", 13),
        ("ArrowRight", 13),
        ("Home", 10),
        ("ArrowUp", 6),
        ("ArrowUp", 2),
        ("ArrowUp", 0),
        ("ArrowLeft", 0),
    ]:
        page.page.keyboard.press(key)
        assert page.shown()[0]["query"] == query
    assert page.wrong == []


def test_what_is_seen_is_said(opened):
    image, maps, _ = made()
    for attention in maps:
        attention.weights[...] = 0.01
        attention.weights[:, :, 1 + 2 * 4 + 2, 1 + 4 + 3] = 0.12
        attention.weights[:, :, 0, 0] = 0.5
        attention.weights[:, :, 1] = 0
    page = opened(explore_attention(image, maps).html).ready()
    assert "class token looks most at the class token: 0.50; of the patches" in page.text("seen")
    page.page.locator(".from").select_option(label="row 3, column 3")
    sentence = "Patch row 3, column 3 looks most at row 2, column 4: 0.12."
    assert page.text("seen") == page.text("said") == sentence
    page.page.locator(".from").select_option(label="row 1, column 1")
    assert page.text("said") == "Patch row 1, column 1 looks nowhere: its weights are all zero."
    page.page.locator(".head").first.select_option(label="Rollout so far")
    page.stage().focus()
    page.page.keyboard.press("ArrowRight")
    assert page.text("said").startswith("Patch row 1, column 2 draws most from row 1, column 2: 0.")
    before = page.text("said")
    page.stage().hover(position=page.centre(2, 2, GRID))
    assert page.text("said") == before, "a sweep of the mouse is not read aloud"
    assert page.page.locator("[role=status]").count() == 1


def test_a_click_holds_the_patch_and_others_are_read(opened):
    given = made()
    page = opened(explorer_of(given)).ready()
    page.stage().click(position=page.centre(1, 1, GRID))
    page.stage().hover(position=page.centre(0, 3, GRID))
    (shown,) = page.shown()
    assert (shown["query"], shown["probe"]) == (6, 4)
    read = float(re.fullmatch(r"On row 1, column 4: ([\d.]+)\.", page.text("read"))[1])
    assert read == pytest.approx(given[2][1, "mean"][6, 4].item(), abs=0.005)
    page.stage().press("ArrowLeft")
    assert (page.shown()[0]["query"], page.shown()[0]["probe"]) == (6, 3)
    page.stage().press("Escape")
    page.stage().hover(position=page.centre(2, 2, GRID))
    assert (page.shown()[0]["query"], page.shown()[0]["probe"]) == (11, None)
    page.stage().press("Enter")
    page.stage().press("ArrowUp")
    assert (page.shown()[0]["query"], page.shown()[0]["probe"]) == (11, 7)
    assert page.hint().startswith("Held.")
    page.stage().click(position=page.centre(2, 2, GRID))
    assert page.hint().startswith("Point at a patch"), "a second click lets go"
    page.stage().hover(position=page.centre(0, 0, GRID))
    assert (page.shown()[0]["query"], page.shown()[0]["probe"]) == (1, None)


def test_a_tap_chooses_a_patch_and_another_holds_it(opened):
    given = made()
    page = opened(explorer_of(given), width=390, has_touch=True, is_mobile=True).ready()

    def tap(row, column):
        page.stage().tap(position=page.centre(row, column, GRID))
        (shown,) = page.shown()
        return shown["query"], shown["probe"], page.hint()[:4]

    for row, column in [(2, 2), (0, 1)]:
        assert tap(row, column) == (1 + row * 4 + column, None, "Tap ")
        assert_shown(page.shown()[0], given[2], 1 + row * 4 + column)
    assert tap(0, 1) == (2, None, "Held")
    assert tap(2, 3) == (2, 12, "Held")
    read = float(re.fullmatch(r"On row 3, column 4: ([\d.]+)\.", page.text("read"))[1])
    assert read == pytest.approx(given[2][1, "mean"][2, 12].item(), abs=0.005)
    assert page.text("read") in page.text("said")
    assert tap(1, 0) == (2, 5, "Held")
    assert tap(0, 1) == (2, None, "Tap ")


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
@pytest.mark.parametrize("width", [390, 700, 1000])
def test_nothing_jumps_while_one_looks_around(width, touch, opened):
    page = opened(explorer_of(made(prefix=2)), width=width, has_touch=touch, is_mobile=touch)
    page.ready()
    before = page.heights(".hint", ".overview")
    stage = page.stage()
    act = stage.tap if touch else stage.hover
    hold = stage.tap if touch else stage.click
    patches = [(row, column) for row in range(3) for column in range(4)]
    for place in patches:
        act(position=page.centre(*place, GRID))
        assert page.heights(".hint", ".overview") == before
    hold(position=page.centre(1, 1, GRID))
    if touch:
        hold(position=page.centre(1, 1, GRID))
    assert page.hint().startswith("Held.")
    for place in patches:
        if place != (1, 1):
            act(position=page.centre(*place, GRID))
            assert page.text("read") != ""
        assert page.heights(".hint", ".overview") == before


def test_prefix_tokens_can_be_asked_and_show_what_they_get(opened):
    given = made(prefix=2)
    page = opened(explorer_of(given)).ready()
    page.stage().hover(position=page.centre(1, 0, GRID))
    row = given[2][1, "mean"][6]
    chips = page.page.locator(".prefix button")
    for at, name in enumerate(["class token", "distillation token"]):
        label, number = re.fullmatch(r"(.*) ([\d.]+)", chips.nth(at).text_content()).groups()
        assert label == name
        assert float(number) == pytest.approx(row[at].item(), rel=0.06)
    chips.nth(1).click()
    assert_shown(page.shown()[0], given[2], 1)
    assert chips.nth(1).get_attribute("aria-pressed") == "true"
    assert page.text("seen").startswith("The distillation token looks most at")


def test_two_on_a_page_do_not_know_each_other(opened):
    first, second = made(seed=1), made(seed=2, prefix=0)
    page = opened(explorer_of(first) * 2 + explorer_of(second)).ready(3)
    page.stage(explorer=1).hover(position=page.centre(1, 1, GRID, explorer=1))
    page.stage(explorer=2).hover(position=page.centre(2, 2, GRID, explorer=2))
    assert [page.shown(i)[0]["query"] for i in range(3)] == [0, 6, 10]
    assert_shown(page.shown(1)[0], first[2], 6)
    assert_shown(page.shown(2)[0], second[2], 10)
    assert page.page.evaluate("document.querySelectorAll('[id]').length") == 0
    names = "Object.getOwnPropertyNames(window)"
    assert set(page.page.evaluate(names)) == set(opened("").page.evaluate(names))
    assert page.wrong == []


def test_labels_run_nothing(hostile, opened):
    image, maps, _ = made()
    for label in hostile:
        named = [AttentionMap(label, m.weights, m.layout) for m in maps]
        words = {"title": label, "description": label, "prefix_names": [label]}
        html = explore_attention(image, named, **words).html
        page = opened(f"{html}<p id=after>after</p>").ready()
        page.page.locator(".compare").check()
        page.page.locator(".from").select_option(index=0)
        assert page.page.locator(".title").text_content() == label
        assert page.page.locator(".explorer").get_attribute("aria-label") == label
        layer = page.page.locator(".layer option").first
        assert (layer.text_content(), layer.get_attribute("title")) == ("Layer 1", label)
        assert label in page.page.locator(".prefix button").first.text_content()
        assert page.page.locator("#after").text_content() == "after"
        assert page.page.locator("img[src=x], svg").count() == 0
        assert page.wrong == []


@pytest.mark.parametrize(
    ("layers", "heads", "prefix", "count"), [(3, 2, 1, 5), (1, 1, 0, 1), (2, 1, 0, 3)]
)
def test_a_tour_shows_what_it_says(layers, heads, prefix, count, opened):
    given = made(prefix=prefix, layers=layers, heads=heads)
    page = opened(explorer_of(given)).ready()
    opener = page.page.get_by_role("button", name="Take a short tour")
    opener.press("Enter")
    told = page.page.locator(".tour [aria-live=polite]")
    views, sentences = [], []
    for step in range(1, count + 1):
        (shown,) = page.shown()
        assert_shown(shown, given[2], shown["query"])
        views.append((shown["layer"], shown["view"]))
        sentences.append(told.text_content())
        assert page.text("seen") in sentences[-1]
        assert page.hint().startswith("Held."), "the mouse on its way does not change what is told"
        assert page.page.locator(".tour span").text_content() == f"{step} of {count}"
        page.page.keyboard.press("Enter")
    last = layers - 1
    mean = "mean" if heads > 1 else "1"
    if layers > 1:
        assert (views[0], views[1], views[-1]) == ((0, mean), (last, mean), (last, "rollout"))
    if heads > 1:
        query = page.shown()[0]["query"]
        sharp = max((given[2][last, f"{h + 1}"][query, prefix:].max(), h) for h in range(heads))[1]
        assert views[2] == (last, f"{sharp + 1}")
    assert len(set(sentences)) == count
    assert opener.is_visible()
    assert page.page.evaluate(FOCUSED) == "Take a short tour"
    assert not page.hint().startswith("Held.")
    opener.click()
    page.page.keyboard.press("Escape")
    assert opener.is_visible()
    opener.click()
    page.stage().click(position=page.centre(2, 2, GRID))
    assert opener.is_visible(), "whoever chooses, leaves it"
    assert page.shown()[0]["query"] == prefix + 10
    assert page.wrong == []


FOCUSED = """() => document.querySelector("[data-explorer]").shadowRoot.activeElement.textContent"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1000])
def test_accessible_and_not_too_wide(width, scheme, opened):
    image, maps, _ = made(prefix=5, heads=12, layers=12)
    long = [AttentionMap("a_long_name_of_a_layer." * 4, m.weights, m.layout) for m in maps]
    html = explore_attention(image, long, description="noise").html
    page = opened(f"<main><h1>t</h1>{html}</main>", width=width, color_scheme=scheme).ready()
    page.page.locator(".compare").check()
    assert page.too_wide() == [0, []]
    assert page.violations() == []
    assert page.wrong == []
