"""The site as readers meet it: first visit, keyboard, phone, large text, paper, no script."""

import pytest
from playwright.sync_api import expect

GROUND = "getComputedStyle(document.body).backgroundColor"
WHITE = "rgb(255, 255, 255)"
PHONE = {"width": 390, "height": 844, "has_touch": True}
OUTLINE = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
}"""
COLOURS = "(b) => [getComputedStyle(b).color, getComputedStyle(b).backgroundColor]"
TOO_WIDE = """() => {
  document.documentElement.style.fontSize = "200%";
  return document.documentElement.scrollWidth - document.documentElement.clientWidth;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_visit_is_in_the_systems_colours_from_the_start(visit, scheme):
    page = visit("04_vit.html", color_scheme=scheme)
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert (page.evaluate(GROUND) == WHITE) == (scheme == "light")
    assert page.wrong == []
    # Chosen in the head, before anything of the page is read, so that nothing flashes.
    head = page.content().split("<body")[0]
    assert head.index("page.theme =") < head.index("site.css")


def test_without_javascript_buttons_formulas_and_menu_work(visit):
    page = visit("index.html", java_script_enabled=False, color_scheme="dark", **PHONE)
    button = page.locator(".call").first
    colours = button.evaluate(COLOURS)
    assert colours[0] == WHITE
    assert colours[1] not in (WHITE, "rgba(0, 0, 0, 0)")

    page = visit("04_vit.html", java_script_enabled=False, **PHONE)
    box = page.locator("math[display=block]").first.bounding_box()
    assert box["height"] > 20
    link = page.locator(".bd-sidebar-primary nav a").first
    expect(link).not_to_be_in_viewport()
    page.get_by_text("Contents", exact=True).click()
    expect(link).to_be_in_viewport()


@pytest.mark.parametrize("selector", [".bd-sidebar-primary nav a", "button[aria-label^=Download]",
                                      "details.hide > summary", ".enlarge"])  # fmt: skip
def test_the_keyboards_place_is_seen(visit, selector):
    page = visit("04_vit.html")
    page.locator("body").press("Tab")  # the focus is the keyboard's from here on
    page.locator(selector).first.focus()
    assert page.evaluate(OUTLINE) >= 2


def test_formulas_are_no_stops_of_the_tabulator(visit):
    page = visit("02_transformer.html")
    assert page.locator("math").count() > 10
    assert page.locator("math[tabindex], .math[tabindex]:not(.math-display)").count() == 0
    stops = page.locator(".math[tabindex]").all()
    assert all(stop.evaluate("(m) => m.scrollWidth > m.clientWidth") for stop in stops)


def test_a_phones_contents_close_when_they_have_led_somewhere(visit):
    page = visit("05_inside_vit.html", **PHONE)
    page.locator(".secondary-toggle:visible").click()
    link = page.locator(".bd-sidebar-secondary a").nth(2)
    link.wait_for(state="visible")
    link.click()
    expect(link).not_to_be_in_viewport()
    assert page.evaluate("location.hash") != ""


def test_the_sidebar_scrolls_only_where_it_must(visit):
    page = visit("index.html", height=1100)
    bar = page.locator(".bd-sidebar-primary")
    assert bar.evaluate("(bar) => bar.scrollHeight - bar.clientHeight") == 0


@pytest.mark.parametrize(
    "name", ["index", "01_why_attention", "05_inside_vit", "glossary", "api_viz"]
)
def test_text_of_twice_the_size_fits_a_phone(visit, name):
    assert visit(f"{name}.html", **PHONE).evaluate(TOO_WIDE) == 0


def test_code_fits_a_phone(visit):
    page = visit("02_transformer.html", **PHONE)
    wide = """[...document.querySelectorAll(".cell_input pre")].filter((p) => p.offsetParent
      && p.scrollWidth > p.clientWidth + 1).length"""
    assert page.evaluate(wide) == 0


def test_paper_is_light_and_holds_what_is_open(visit):
    page = visit("04_vit.html", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    # The page hears of it when it is next drawn.
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("body")).to_have_css("background-color", WHITE)
    assert page.locator("details.hide").first.is_hidden()
    assert page.locator(".bd-sidebar-primary").is_hidden()
    assert page.locator("article h1").first.is_visible()
    assert page.pdf()[:4] == b"%PDF"
    page.emulate_media(media="screen")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
