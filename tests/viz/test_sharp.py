"""Figures in notebooks: twice as dense as shown, small, and no less when nobody shows them."""

import io
import sys
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest
from PIL import Image

from companion.viz import figure
from companion.viz.sharp import pixels, shown


@pytest.fixture
def line():
    (ax,) = figure(width=4, height=2)
    ax.plot([0, 3, 1, 2])
    yield ax.figure
    plt.close(ax.figure)


def test_a_figure_has_twice_the_pixels_that_it_is_shown_with(line):
    data, size = shown(line)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.width // 2 == size["width"]
        assert picture.height // 2 == size["height"]
        assert round(picture.info["dpi"][0]) == 192
    assert size["width"] == pytest.approx(4 * 96, abs=20)


def test_it_weighs_less_than_once_the_pixels_in_all_colours(line):
    data, _ = shown(line)
    plain = io.BytesIO()
    line.savefig(plain, format="png", dpi=96, bbox_inches="tight")
    assert len(data) < len(plain.getvalue())


def test_its_colours_stay(line):
    data, _ = shown(line)
    before = pixels(line, tight=True)
    with Image.open(io.BytesIO(data)) as picture:
        after = picture.convert("RGB")
    strongest = max(before.getcolors(100_000), key=lambda pair: (pair[1][2] - pair[1][0], pair[0]))
    x, y = next(
        (x, y)
        for y in range(before.height)
        for x in range(before.width)
        if before.getpixel((x, y)) == strongest[1]
    )
    near = zip(after.getpixel((x, y)), strongest[1], strict=True)
    assert all(abs(a - b) <= 6 for a, b in near)


def test_a_notebook_shows_figures_so(monkeypatch):
    told = {}
    png = SimpleNamespace(for_type=told.__setitem__)
    shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters={"image/png": png}))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    plt.close(figure()[0].figure)
    assert told == {plt.Figure: shown}
