"""Chapters on the site: folded code and its names, figures, terms; and the search for them."""

import json
import re

import pytest

PHONE = {"width": 390, "height": 844, "has_touch": True}
ORDER = """(selector) => [...document.querySelectorAll("div.cell")]
  .filter((cell) => cell.querySelector(selector) && cell.querySelector("details.hide"))
  .map((cell) => cell.querySelector("details.hide").getBoundingClientRect().top
    >= cell.querySelector(selector).getBoundingClientRect().bottom - 1)"""


def test_folded_code_is_named_by_what_it_holds(visit):
    page = visit("04_vit.html")
    names = page.locator("details.hide > summary").all_inner_texts()
    assert names[:2] == ["Set-up: the package, where it is missing", "Imports and seed"]
    assert "What each profile means here" in names
    assert not any("cell" in name or not name.strip() for name in names)
    assert page.locator("details.hide > summary[aria-label]").count() == 0


@pytest.mark.parametrize("shown", [".claim", "figure"])
def test_code_stands_folded_behind_its_card_and_figure(visit, shown):
    behind = visit("04_vit.html").evaluate(ORDER, shown)
    assert len(behind) > 5
    assert all(behind)


def test_every_figure_has_a_number_and_says_what_it_shows(visit, executed_book):
    cells = json.loads(executed_book["05_inside_vit"].read_text())["cells"]
    words = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    drawn = [int(number) for number in re.findall(r"\*\*Figure 5\.(\d+)\.\*\*", words)]
    assert drawn == list(range(1, len(drawn) + 1))
    described = [c for c in cells if c["metadata"].get("mystnb", {}).get("image", {}).get("alt")]
    captions = visit("05_inside_vit.html").locator("figcaption .caption-text").all_inner_texts()
    assert len(captions) == len(described)
    for number, (text, cell) in enumerate(zip(captions, described, strict=True), len(drawn) + 1):
        alt = cell["metadata"]["mystnb"]["image"]["alt"]
        found = re.fullmatch(rf"Figure 5\.{number} (.+)\.", text.strip(" #\n"))
        assert found, text
        assert alt.startswith(found[1])


def test_a_figures_labels_can_be_read_on_a_phone(visit):
    page = visit("05_inside_vit.html", **PHONE)
    shrunk = """[...document.querySelectorAll("figure .picture img")].map((i) =>
      i.getBoundingClientRect().width / parseFloat(i.getAttribute("width")))"""
    scales = page.evaluate(shrunk)
    assert len(scales) > 5
    assert min(scales) > 0.7


def test_a_figure_opens_and_closes(visit):
    page = visit("05_inside_vit.html", **PHONE)
    page.locator(".enlarge").first.click()
    view = page.locator("dialog[open] img")
    assert view.bounding_box()["width"] >= 1.3 * float(view.get_attribute("width"))
    page.keyboard.press("Escape")
    assert page.locator("dialog").count() == 0


def test_terms_and_glossary_lead_to_each_other(visit):
    page = visit("glossary.html")
    term = page.locator("#term-rollout")
    back = term.locator("xpath=following-sibling::dd[1]//a[contains(., 'First in chapter')]")
    back.click()
    page.wait_for_load_state("networkidle")
    assert "05_inside_vit.html#use-rollout" in page.url
    page.locator("#use-rollout a").click()
    page.wait_for_load_state("networkidle")
    assert page.url.endswith("glossary.html#term-rollout")


@pytest.mark.parametrize(("word", "wanted"), [("rollout", "05_"), ("vit", "04_"), ("claim", "0")])
def test_the_search_puts_chapters_first(visit, word, wanted):
    page = visit(f"search.html?q={word}")
    page.wait_for_selector("#search-results li p.context")
    links = page.locator("#search-results > ul > li > a, #search-results ul.search > li > a")
    found = [link.get_attribute("href") for link in links.all()][:3]
    assert any(link.startswith(wanted) for link in found), found
    page.wait_for_function(
        "() => document.querySelectorAll('#search-results p.context').length > 2"
    )
    excerpts = page.locator("#search-results p.context").all_inner_texts()
    assert not any("On this page" in text for text in excerpts)
    assert page.wrong == []
