"""Pieces of the site's build by themselves: formulas, style sheets, images, the map of rooms."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts" / "site"))


def test_formulas_become_mathml_that_keeps_the_tex():
    from formulas import mathml

    drawn = mathml(r"\frac{QK^\top}{\sqrt{d}}", display=True)
    assert 'alttext="\\frac{QK^\\top}{\\sqrt{d}}"' in drawn
    assert 'display="block"' in drawn
    assert "<mfrac><mrow><mi>Q</mi>" in drawn
    assert "<msqrt><mi>d</mi></msqrt>" in drawn


@pytest.mark.parametrize(
    ("tex", "drawn"),
    [
        (r"\tfrac12 I", "<mn>1</mn><mn>2</mn></mfrac><mi>I</mi>"),
        (r"x_12", "<msub><mi>x</mi><mn>1</mn></msub><mn>2</mn>"),
        (r"a, \dots, b", "<mi>…</mi>"),
        (r"a &= b \\ &= c", "<mtr><mtd></mtd><mtd><mo>=</mo><mi>c</mi></mtd></mtr>"),
    ],
)
def test_formulas_are_read_as_tex_reads_them(tex, drawn):
    from formulas import mathml

    assert drawn in mathml(tex, display=True)


def test_a_formula_that_cannot_be_drawn_is_refused():
    from formulas import mathml

    with pytest.raises(ValueError, match="Write it in other words"):
        mathml(r"\nosuchthing x", display=False)


def test_a_style_sheet_keeps_what_pages_may_need():
    from assets import used

    sheet = """.known, .unknown a { color: red } .unknown { color: blue }
    @media print { .unknown { color: red } } @media print { p { color: red } }
    p:not(.unknown) { margin: 0 } [data-x=".unknown"] { margin: 0 }"""
    left = used(sheet, {"known"})
    assert ".known{color: red}" in left
    assert ".unknown a" not in left
    assert "blue" not in left
    assert left.count("@media") == 1
    assert "p:not(.unknown)" in left
    assert '[data-x=".unknown"]' in left


def test_imported_style_sheets_and_addresses_are_brought_together(tmp_path):
    from assets import style_sheet

    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.css").write_text('@import "../two.css";p{src:url(../f/x.woff?v=1)}')
    (tmp_path / "two.css").write_text("b{background:url(data:image/png;base64,AA)}")
    assert style_sheet(tmp_path, "a/one.css") == (
        'b{background:url(data:image/png;base64,AA)}p{src:url("f/x.woff")}'
    )


def test_images_get_the_size_that_they_are_shown_in(tmp_path):
    from pictures import settle

    dense, file = Image.new("P", (200, 100)), io.BytesIO()
    dense.save(file, format="PNG", dpi=(192, 192))
    (tmp_path / "x.png").write_bytes(file.getvalue())
    noise, file = Image.effect_noise((80, 80), 50), io.BytesIO()
    noise.save(file, format="PNG")
    carried = base64.b64encode(file.getvalue()).decode()
    page = tmp_path / "page.html"
    page.write_text(
        '<p><img src="logo.png"></p><article><figure>\n<img alt="a" src="x.png"></figure>'
        f'<img src="data:image/png;base64,{carried}"></article>'
    )
    settle(tmp_path)
    text = page.read_text()
    assert '<p><img src="logo.png"></p>' in text
    assert 'width="100" height="50"' in text
    assert 'href="x.png"' in text
    assert "--width: 100px" in text
    assert carried not in text
    assert 'width="80" height="80"' in text
    (stored,) = (tmp_path / "_images").iterdir()
    assert stored.read_bytes() == file.getvalue()


def test_captions_are_the_first_sentence_that_says_something():
    from reading import caption

    assert caption("Two curves over the epochs. Left, the loss.") == "Two curves over the epochs."
    assert caption("Three panels. Positions, of 3.5 places: a table.") == (
        "Three panels. Positions, of 3.5 places."
    )
    assert caption("A line") == "A line."


def test_a_figure_made_by_code_bears_no_number_of_a_drawing():
    from docutils import nodes
    from docutils.utils import new_document
    from reading import last_drawn

    page = new_document("01_page")
    assert last_drawn(page) == 0
    for words in ("Figure 1.1.", "Figure 1.2.", "Figure 1.9", "attention"):
        page += nodes.paragraph("", "", nodes.strong("", words))
    assert last_drawn(page) == 2


def test_the_map_of_rooms_in_the_guide_is_the_codes():
    from rooms import drawn

    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert guide == drawn(guide), "run `python scripts/site/rooms.py`"


def test_the_map_leaves_out_what_other_lines_say():
    from rooms import mermaid, sparse, svg

    edges = {"top": {"middle", "low"}, "middle": {"low"}, "low": set(), "alone": set()}
    rows = [["top"], ["middle"], ["low", "alone"]]
    assert sparse(edges) == {"top": {"middle"}, "middle": {"low"}, "low": set(), "alone": set()}
    assert "    top --> middle\n    middle --> low\n" in mermaid(rows, sparse(edges))
    drawing = svg(rows, sparse(edges))
    assert drawing.count('class="room-import"') == 2
    assert all(f'href="api_{room}.html"' in drawing for room in edges)


def test_marks_that_are_gone_are_refused():
    from rooms import drawn

    with pytest.raises(ValueError, match="<!-- rooms -->"):
        drawn("# Contributing\n")


def test_first_uses_are_emphasised_or_in_prose():
    from docutils import nodes
    from terms import emphasised, open_to_links, spelling

    paragraph = nodes.paragraph("", "", nodes.Text("a query "), nodes.strong("", "query"))
    plain, strong = (text for text in paragraph.findall(nodes.Text))
    import re

    assert open_to_links(plain)
    assert not emphasised(plain, re.search("query", plain))
    assert emphasised(strong, re.search("query", strong))
    code = nodes.paragraph("", "", nodes.literal("", "query"))
    assert not open_to_links(next(iter(code.findall(nodes.Text))))
    assert spelling("BLEU") == 0
