"""The page of claims: what a row says, how it is filtered, and where its links lead."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from companion.lessons import Lesson, at_least, at_most, equals
from companion.lessons.card import claim_html
from companion.lessons.claims import MIME

ROOT = Path(__file__).resolve().parents[2]
IDS = ("it-reads", "rows-sum", "not-judged")


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts" / "site"))


def claims() -> list[dict[str, Any]]:
    """Three claims as a lesson stores them."""
    lesson = Lesson("book", 0)
    reads = {"measured": 0.96, "holds": {"book": at_least(0.9)}, "unit": "%", "n": 450}
    lesson.claim("It <reads>", source='Us "2020"', against="the <famous> figure", **reads)
    lesson.claim("Rows sum", source="V", measured=[1, 1], holds=equals(1))
    lesson.claim("Not judged", source="Us", measured=0.5, holds={"full": at_most(1)})
    return list(lesson.claims.values())


def chapter(name: str = "01_one", seeds: Any = None, confirmed: Any = None) -> Any:
    from executed import Chapter

    outputs = [{"data": {MIME: claim, "text/html": claim_html(claim)}} for claim in claims()]
    heading = {"cell_type": "markdown", "source": f"# {name}"}
    notebook = {"cells": [heading, {"cell_type": "code", "source": "", "outputs": outputs}]}
    return Chapter(name, Path(f"{name}.ipynb"), notebook, {}, seeds or {}, confirmed or {})


def tried(held: dict[str, bool], **changes: Any) -> dict[str, Any]:
    """What fresh seeds recorded of the first claim."""
    claim = {"title": "It <reads>", "band": "at least 90 %", "held": held} | changes
    return {"profile": "book", "seeds": [3, 4, 5], "claims": {"it-reads": claim}}


ALL, SOME = {"3": True, "4": True, "5": True}, {"3": True, "4": False, "5": True}


def test_a_row_says_what_was_measured_how_it_went_and_where_it_stands() -> None:
    from claims_page import claims_page

    values = {"values": {"0": 0.96, "1": 0.9, "2": 0.97}}
    seeds = {"profiles": {"book": {"claims": {"it-reads": values}}}}
    text = claims_page([chapter(seeds=seeds, confirmed=tried(SOME))])
    found = re.search(r'<tr id="01_one-it-reads".*?</tr>', text)
    assert found
    shown = re.sub(r"<[^>]+>", "|", found[0]).replace("&nbsp;", " ")
    for words in (
        *("|It &lt;reads&gt;|", "|measured · Us &quot;2020&quot;|"),
        *("|against the &lt;famous&gt; figure|", "|96 % ± 0.92 % (n = 450)|"),
        *("|90 % to 97 % (3 seeds)|", "|at least 90 %|", "|2 of 3|", "|held|"),
    ):
        assert words in shown
    assert 'href="01_one.html#claim-it-reads"' in found[0]


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (tried(ALL), ("3 of 3", "every")),
        (tried(SOME), ("2 of 3", "some")),
        ({}, ("not yet", "none")),
        (tried(ALL) | {"claims": {}}, ("not yet", "none")),
        (tried(ALL) | {"profile": "full"}, ("not yet", "none")),
        (tried(ALL, band="at least 80 %"), ("not yet", "none")),
    ],
    ids=["all", "some", "no record", "another claim", "another profile", "another band"],
)
def test_a_claim_is_confirmed_on_fresh_seeds_with_its_own_band(record: Any, words: Any) -> None:
    from claims_page import confirmed

    reads, exact, _ = claims()
    assert confirmed(record, reads) == words
    assert confirmed(record, exact) == ("–", "exact")


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"0": [10.0, 20.0], "1": [10.0, 20.0]}, "[10, 20] (2 seeds)"),
        ({"0": 5, "1": 5, "2": 5}, "5 (3 seeds)"),
        ({"0": 0.2, "1": 0.1, "2": 0.3}, "0.1 to 0.3 (3 seeds)"),
        ({"0": [1, 2], "1": [1, 3]}, "1 to 3 (2 seeds)"),
        ({"0": 5}, "5 (1 seed)"),
        ({"0": True, "1": True}, "–"),
        ({}, "–"),
    ],
)
def test_the_range_over_seeds_is_one_value_where_all_agree(values: Any, shown: str) -> None:
    from claims_page import over_seeds

    claim = claims()[2]
    record = {"profiles": {"book": {"claims": {claim["id"]: {"values": values}}}}}
    assert over_seeds(record, claim) == shown
    assert over_seeds({}, claim) == "–"


def test_every_card_of_a_built_chapter_leads_to_its_row(tmp_path: Path) -> None:
    from claims_page import claims_page, link_cards

    cards = "".join(map(claim_html, claims()))
    for name in ("01_one", "claims"):
        (tmp_path / f"{name}.html").write_text(f"<main>{cards}</main>")
    link_cards(tmp_path, ["01_one"])
    assert (tmp_path / "01_one.html").read_text() == f"<main>{cards}</main>"
    link_cards(tmp_path, ["01_one", "claims"])
    linked = (tmp_path / "01_one.html").read_text()
    rows = re.findall(r'<tr id="([^"]+)"', claims_page([chapter()]))
    assert re.findall(r'href="claims.html#([^"]+)"', linked) == rows == [f"01_one-{i}" for i in IDS]
    assert linked.count('<dt style="display: inline; font-weight: 600;">More:') == 3
    assert linked.endswith("</dl></div></main>")


@pytest.fixture
def html() -> str:
    """The page of two chapters, the second not confirmed, its parts nested as Sphinx does."""
    from claims_page import claims_page
    from docutils.core import publish_string
    from myst_parser.docutils_ import Parser

    text = claims_page([chapter(confirmed=tried(ALL)), chapter("02_two")])
    text = re.sub(r"\{term\}`([^`<]+)[^`]*`", r"\1", text).replace("](", "](http://book.test/")
    given = {"doctitle_xform": False, "initial_header_level": 1, "output_encoding": "unicode"}
    made = publish_string(text, parser=Parser(), writer_name="html5", settings_overrides=given)
    return str(made)


@pytest.fixture
def visit(browser: Any, html: str) -> Any:
    """Opens the page at an address, with or without JavaScript."""
    contexts = []

    def opened(rest: str = "", *, script: bool = True) -> Any:
        contexts.append(browser.new_context(java_script_enabled=script))
        page = contexts[-1].new_page()
        page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"http://book.test/claims.html{rest}")
        return page

    yield opened
    for context in contexts:
        context.close()


def shown(page: Any) -> list[str]:
    rows: list[str] = page.locator(".claims-table tbody tr:visible").evaluate_all(
        "rows => rows.map((row) => row.id)"
    )
    return rows


BOTH = [f"{name}-{claim}" for name in ("01_one", "02_two") for claim in IDS]


def test_without_script_every_row_is_there_and_no_filter(visit: Any) -> None:
    page = visit("?kind=exact", script=False)
    assert shown(page) == BOTH
    assert page.locator("form:visible").count() == 0


@pytest.mark.parametrize(
    ("choices", "left"),
    [
        ({}, BOTH),
        ({"chapter": "2"}, BOTH[3:]),
        ({"kind": "exact"}, [BOTH[1], BOTH[4]]),
        ({"kind": "measured", "chapter": "1"}, [BOTH[0], BOTH[2]]),
        ({"against": "yes"}, [BOTH[0], BOTH[3]]),
        ({"confirmed": "every"}, [BOTH[0]]),
        ({"verdict": "open"}, [BOTH[2], BOTH[5]]),
        ({"kind": "exact", "against": "yes"}, []),
    ],
)
def test_the_filter_shows_what_was_chosen_and_can_be_linked_to(
    visit: Any, choices: dict[str, str], left: list[str]
) -> None:
    page = visit()
    for name, value in choices.items():
        page.locator(f"select[name={name}]").select_option(value)
    assert shown(page) == left
    assert page.locator("output").inner_text() == f"{len(left)} of 6 claims"
    headings = page.locator("h2:visible").all_inner_texts()
    assert headings == sorted({row.split("-")[0] for row in left})
    assert shown(visit(page.url.removeprefix("http://book.test/claims.html"))) == left


def test_a_link_to_a_claim_shows_it_whatever_was_chosen(visit: Any) -> None:
    page = visit("?kind=exact#02_two-it-reads")
    assert "02_two-it-reads" in shown(page)
    page.locator("select[name=chapter]").select_option("1")
    page.evaluate("location.hash = '02_two-rows-sum'")
    page.wait_for_function("document.getElementById('02_two-rows-sum').checkVisibility()")


def test_only_what_rows_differ_in_can_be_chosen() -> None:
    from claims_page import claims_page

    names = re.findall(r'<select name="(\w+)"', claims_page([chapter()]))
    assert names == ["kind", "against", "confirmed", "verdict"]


def test_measured_claims_are_confirmed_where_one_chapter_s_are(chapter: Path) -> None:
    from claims_page import confirmed

    from companion.lessons.claims import claims_of

    folder = ROOT / "book" / "results" / "confirmed"
    if not folder.is_dir():
        pytest.skip("no chapter's claims have been tried on fresh seeds yet")
    record = json.loads((folder / f"{chapter.stem}.json").read_text(encoding="utf-8"))
    seeds = json.loads((folder.parent / "seeds" / f"{chapter.stem}.json").read_text())
    assert not set(record["seeds"]) & set(seeds["profiles"]["book"]["seeds"])
    stored = claims_of(json.loads(chapter.read_text(encoding="utf-8")))
    judged = [claim for claim in stored if claim["held"] is not None and not claim["exact"]]
    assert [c["id"] for c in judged if confirmed(record, c)[1] == "none"] == []
