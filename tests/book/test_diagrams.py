"""The drawn diagrams: made by their script, readable on a phone, and shown in its chapter."""

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.font_manager import FontProperties, findfont
from PIL import ImageFont

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS, IMAGES = ROOT / "scripts" / "diagrams", ROOT / "book" / "images"
PHONE = 358  # what a screen 390 pixels wide leaves to a picture
DRAWINGS = [f"0{n}_{name}" for n in range(1, 10) for name in ("model", "mechanism")]
DRAWINGS += ["03_looks", "05_found", "10_model", "10_mechanism"]
LATER = {
    "03_looks": 3,
    "05_mechanism": 3,
}  # chapters with three drawings: a place among the figures
SVG = "{http://www.w3.org/2000/svg}"
drawing = pytest.mark.parametrize("name", DRAWINGS)


def svg(name):
    return ElementTree.parse(IMAGES / f"{name}.svg").getroot()


def texts(name):
    """Every text of a drawing: its words and where they stand, in a font wider than most."""
    for text in svg(name).iter(f"{SVG}text"):
        words, size = "".join(text.itertext()), float(text.get("font-size"))
        weight = "bold" if text.get("font-weight") else "normal"
        font = findfont(FontProperties(family="DejaVu Sans", weight=weight))
        wide = ImageFont.truetype(font, 100).getlength(words) * size / 100
        x, y = float(text.get("x")), float(text.get("y"))
        left = x - wide * {"start": 0, None: 0.5, "end": 1}[text.get("text-anchor")]
        yield words, (left, y - 0.7 * size, left + wide, y)


def test_drawing_again_changes_nothing(tmp_path):
    command = [sys.executable, str(SCRIPTS / "draw.py"), "--into", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT)
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(DRAWINGS)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (IMAGES / path.name).read_bytes(), path.name


@drawing
def test_a_drawing_is_described_small_and_on_its_own(name):
    picture, source = svg(name), (IMAGES / f"{name}.svg").read_text(encoding="utf-8")
    ids = {element.get("id"): element.text for element in picture.iter()}
    assert picture.get("role") == "img"
    assert all(len(ids[key]) > 8 for key in picture.get("aria-labelledby").split())
    assert len(picture.find(f"{SVG}desc").text) > 120
    assert len(source.encode()) < 20_000
    assert re.findall(r"https?://[^\"]+", source) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<(image|style|script|use)\b|font-face|href", source)


@drawing
def test_a_drawing_can_be_read_on_a_phone(name):
    picture = svg(name)
    wide, high = map(float, picture.get("viewBox").split()[2:])
    assert float(picture.get("width")) / float(picture.get("height")) == pytest.approx(
        wide / high, rel=0.01
    )
    sizes = [float(e.get("font-size")) for e in picture.iter() if e.get("font-size")]
    assert min(sizes) * PHONE / wide >= 11


@drawing
def test_words_stay_on_the_panel_and_off_each_other(name):
    wide, high = map(float, svg(name).get("viewBox").split()[2:])
    placed = list(texts(name))
    for words, (left, top, right, low) in placed:
        assert min(left, top, wide - right, high - low) >= 12, words
    for (one, a), (other, b) in combinations(placed, 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"{one!r} lies on {other!r}"


def under(name):
    """Every text with the rectangles that hold its middle, the lowest first."""
    drawn = [element for element in svg(name) if element.tag == f"{SVG}rect"]
    sides = [[float(r.get(key)) for key in ("x", "y", "width", "height")] for r in drawn]
    for (words, place), text in zip(texts(name), svg(name).iter(f"{SVG}text"), strict=True):
        x, y = (place[0] + place[2]) / 2, (place[1] + place[3]) / 2
        holding = [
            rect
            for rect, (left, top, wide, high) in zip(drawn, sides, strict=True)
            if left <= x <= left + wide and top <= y <= top + high
        ]
        yield words, place, text.get("fill"), holding


@drawing
def test_words_fit_into_their_boxes(name):
    for words, place, _, holding in under(name):
        for rect in holding:
            left, wide = float(rect.get("x")), float(rect.get("width"))
            if rect.get("stroke"):
                assert left < min(place[0], 2 * left + wide - place[2]), words


def luminance(colour):
    """How bright a colour is, by the rule of the Web's accessibility guidelines (WCAG 2)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@drawing
def test_words_stand_out_from_what_lies_below(name):
    for words, _, ink, holding in under(name):
        ground = [rect.get("fill") for rect in holding if rect.get("fill") != "none"][-1]
        low, high = sorted(map(luminance, (ink, ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, words


@drawing
def test_a_chapter_shows_it_with_words_and_a_number(name):
    number, kind = name.split("_")
    (chapter,) = (ROOT / "book").glob(f"{number}_*.ipynb")
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    figure = f"{int(number)}.{LATER.get(name, 1 if kind == 'model' else 2)}"
    shown = rf"!\[([^\]]{{150,}})\]\(images/{name}\.svg\)\n\n\*\*Figure {figure}\.\*\* \w"
    places = [i for i, source in enumerate(sources) if re.search(shown, source)]
    assert len(places) == 1
    assert (places[0] == 0) == (kind == "model")
