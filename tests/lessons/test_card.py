"""Cards and tables: well-formed, escaped, and legible without colour or style."""

import re
from html.parser import HTMLParser

import pytest

from companion.lessons.card import (
    MEANINGS,
    claim_html,
    claim_rows,
    claim_text,
    key_html,
    key_text,
    table_html,
    table_text,
)
from companion.lessons.exercises import STATES
from companion.lessons.settings import Settings

CLAIM = {
    "id": "a-b",
    "title": "A <b> & 'c'",
    "source": 'Us "2020"',
    "against": "",
    "exact": False,
    "profile": "book",
    "seed": 0,
    "value": 0.9422,
    "unit": "%",
    "n": None,
    "error": None,
    "band": "at least 92 %",
    "low": 0.92,
    "high": None,
    "expected": None,
    "held": True,
    "changed": [],
}
OPEN = CLAIM | {"held": None, "low": None, "band": ""}
FAILED = CLAIM | {"held": False, "value": 0.5}


class Page(HTMLParser):
    """Checks that every element closes, and gathers the text and the attributes."""

    def __init__(self, html):
        super().__init__()
        self.open, self.text, self.attributes = [], "", []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("claim", [CLAIM, OPEN, FAILED])
def test_a_card_says_all_in_its_text_alone(claim):
    page = Page(claim_html(claim))
    assert "A <b> & 'c'" in page.text
    assert 'Us "2020"' in page.text
    assert ("94.22 %" if claim["value"] > 0.9 else "50 %") in page.text
    assert ("id", "claim-a-b") in page.attributes


def test_a_share_is_shown_with_its_error_and_what_it_contradicts():
    card = CLAIM | {"n": 1250, "error": 0.0066, "against": "the <famous> figure"}
    assert claim_text(card).splitlines()[1:2] == ["  Measured 94.22 % ± 0.66 % (n = 1,250)"]
    assert claim_text(card).splitlines()[-1] == "  Against  the <famous> figure"
    assert "the <famous> figure" in Page(claim_html(card)).text
    assert "Against" not in Page(claim_html(CLAIM)).text


def test_every_word_on_a_card_is_explained():
    page = Page(claim_html(CLAIM | {"against": "it"}))
    words = [name for name, _ in claim_rows(CLAIM | {"against": "it"})]
    assert [meaning for key, meaning in page.attributes if key == "title"] == [
        MEANINGS[word] for word in words
    ]
    for word in words:
        assert f"{word}: {MEANINGS[word]}" in Page(key_html()).text
        assert f"  {word:<8} {MEANINGS[word]}" in key_text().splitlines()


def test_states_differ_without_colour():
    cards = {name: claim_html(c) for name, c in (("h", CLAIM), ("o", OPEN), ("f", FAILED))}
    words = {re.search(r"<strong>(.*?):", card)[1] for card in cards.values()}
    edges = {re.search(r"border-left: 6px (\w+)", card)[1] for card in cards.values()}
    signs = {re.search(r'hidden="true">(.)<', card)[1] for card in cards.values()}
    assert [len(kind) for kind in (words, edges, signs)] == [3, 3, 3]
    assert len({sign for sign, _, _ in STATES.values()}) == 3


@pytest.mark.parametrize("claim", [CLAIM, OPEN, FAILED])
def test_text_takes_the_page_s_colour(claim):
    html = claim_html(claim)
    assert not re.search(r"(?<![-\w])color: (?!inherit)", html)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", html)
    assert "opacity" not in html


def test_plain_text_is_stable():
    assert claim_text(CLAIM) == (
        "✓ Claim: A <b> & 'c' [held]\n"
        "  Measured 94.22 %\n"
        "  Band     at least 92 % (in profile 'book')\n"
        '  Source   Us "2020"'
    )
    assert "none for profile 'book'" in claim_text(OPEN)
    assert "epochs changed with --set" in claim_text(OPEN | {"changed": ["epochs"]})


def test_the_settings_table_marks_profile_and_changes():
    table = {
        "epochs": {"smoke": 1, "book": 40, "full": 20},
        "data": {"smoke": "a<b", "book": "x", "full": "y"},
    }
    settings = Settings(table, "book", {"epochs": 3})
    assert settings.text() == (
        "setting  smoke  [book]           full\n"
        "epochs   1      3 (set; was 40)  20\n"
        "data     a<b    x                y"
    )
    page = Page(settings.html())
    assert "▸ book" in page.text
    assert "a<b" in page.text
    assert settings.html().count('scope="row"') == 2


def test_tables_are_aligned():
    assert table_text(["a", "b"], [["long", "2"]]) == "a     b\nlong  2"
    assert Page(table_html(["a", "b"], [["1", "2"]], label="two", active=1)).text == "ab12"
