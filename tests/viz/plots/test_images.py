"""Plots return the Axes they drew on, take one that is given, and show the numbers they got."""

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from companion import viz
from companion.viz.style import COLORS, INK, PANEL, diverging_map, heat_map

DRAW = {
    "images": lambda ax: viz.show_images(torch.rand(5, 1, 8, 8), list("abcde"), columns=3, ax=ax),
    "patches": lambda ax: viz.show_patches(torch.rand(3, 8, 8), 2, ax=ax),
    "curves": lambda ax: viz.show_curves({"a": [1, 2]}, x_label="x", y_label="y", ax=ax),
    "ranges": lambda ax: viz.show_ranges({"a": [[1]]}, x=[1], x_label="x", y_label="y", ax=ax),
    "filters": lambda ax: viz.show_filters(torch.randn(6, 1, 2, 2), ax=ax),
    "positions": lambda ax: viz.show_position_similarity(torch.rand(4, 2, 2), ax=ax),
}


@pytest.mark.parametrize("name", DRAW)
def test_every_plot_draws_on_the_axes_it_is_given(name):
    (ax,) = viz.figure()
    assert DRAW[name](ax) is ax
    assert ax.has_data()
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", DRAW)
def test_every_plot_makes_its_own_figure_and_leaves_settings_alone(name):
    before = dict(matplotlib.rcParams)
    ax = DRAW[name](None)
    assert ax.figure.get_facecolor()[:3] == to_rgb(PANEL)
    assert dict(matplotlib.rcParams) == before


def test_colour_images_show_their_own_pixels():
    images = torch.rand(2, 3, 4, 4)
    canvas = viz.show_images(images, columns=2).images[0].get_array()
    np.testing.assert_allclose(canvas[:4, :4], images[0].permute(1, 2, 0), atol=1e-6)
    np.testing.assert_allclose(canvas[:4, 5:9], images[1].permute(1, 2, 0), atol=1e-6)


def test_patches_are_numbered_in_reading_order():
    image = torch.zeros(3, 4, 4)
    image[:, :2, 2:] = 1.0  # the second patch
    ax = viz.show_patches(image, 2)
    canvas = ax.images[0].get_array()
    np.testing.assert_allclose(canvas[:2, 3:5], 1.0)
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3", "4"]


def test_curves_are_told_apart_without_colour():
    ax = viz.show_curves({"a": [1, 2, 3], "b": [3, 2, 1]}, x_label="x", y_label="y")
    styles = {(line.get_linestyle(), line.get_marker()) for line in ax.lines}
    assert len(styles) == 2
    assert {text.get_text() for text in ax.texts} == {"a", "b"}


def test_curves_may_have_places_of_their_own():
    places = {"a": [1.0, 5.0], "b": [2.0, 3.0]}
    ax = viz.show_curves({"a": [0, 1], "b": [1, 0]}, x=places, x_label="x", y_label="y")
    assert [line.get_xdata().tolist() for line in ax.lines] == list(places.values())


def test_a_curve_keeps_the_colour_it_is_given():
    runs = {"a": [[1.0, 2.0]], "b": [[2.0, 3.0]]}
    ax = viz.show_ranges(runs, x=[1, 2], x_label="x", y_label="y", colors={"b": "#123456"})
    assert [line.get_color() for line in ax.lines] == [viz.COLORS["blue"], "#123456"]
    assert [text.get_color() for text in ax.texts] == [viz.COLORS["blue"], "#123456"]


def test_the_range_of_runs_is_shaded_around_their_mean():
    runs = {"a": [[0.0, 4.0], [1.0, 2.0]], "b": [[5.0, 5.0]]}
    ax = viz.show_ranges(runs, x=[3, 9], x_label="x", y_label="y")
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.5, 3.0], [5.0, 5.0]]
    shades = [shade.get_paths()[0].vertices for shade in ax.collections]
    for place, low, high in ((3, 0, 1), (9, 2, 4)):
        at = [y for x, y in shades[0].tolist() if x == place]
        assert (min(at), max(at)) == (low, high)
    assert [shade.get_facecolor()[0][:3].tolist() for shade in ax.collections] == [
        list(to_rgb(line.get_color())) for line in ax.lines
    ]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: viz.show_images(torch.rand(2, 2, 4, 4)), r"\(2, 2, 4, 4\)"),
        (lambda: viz.show_images(torch.rand(2, 1, 4, 4), ["a"]), "1 labels for 2 images"),
        (lambda: viz.show_patches(torch.rand(1, 9, 8), 2), "9x8"),
        (lambda: viz.show_curves({}, x_label="", y_label=""), "no curves"),
        (lambda: viz.show_curves({"a": [1]}, x=[1, 2], x_label="", y_label=""), "1 values for 2"),
        (lambda: viz.show_filters(torch.rand(2, 2, 4, 4)), r"\(2, 2, 4, 4\)"),
        (lambda: viz.show_position_similarity(torch.rand(3, 2, 2)), "3 maps of 2x2"),
        (lambda: viz.show_curves({"a": [1], "b": []}, x_label="", y_label=""), r"\['b'\] have 0"),
        (lambda: viz.show_images(torch.rand(2, 1, 4, 4), columns=0), "columns=0: give"),
        (lambda: viz.show_filters(torch.rand(2, 1, 4, 4), columns=-1), "columns=-1: give"),
        (lambda: viz.show_patches(torch.rand(1, 8, 8), 0), "patch_size=0: give"),
        (lambda: viz.figure(columns=0), "columns=0"),
        (lambda: viz.show_ranges({}, x=[1], x_label="", y_label=""), "no curves"),
        (lambda: viz.show_ranges({"a": []}, x=[1], x_label="", y_label=""), "'a' has 0 runs"),
        (lambda: viz.show_ranges({"a": [[1, 2]]}, x=[1], x_label="", y_label=""), "for 1 places"),
    ],
)
def test_bad_input_is_refused_with_the_numbers(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


@pytest.mark.parametrize("color", COLORS.values())
def test_lines_stand_out_from_the_panel(color):
    assert (luminance(PANEL) + 0.05) / (luminance(color) + 0.05) >= 3.0


def test_text_stands_out_from_the_panel():
    assert (luminance(PANEL) + 0.05) / (luminance(INK) + 0.05) >= 7.0


def test_heat_darkens_steadily_so_that_it_reads_without_colour():
    shades = [luminance(matplotlib.colors.to_hex(heat_map()(i / 20))) for i in range(21)]
    assert shades == sorted(shades, reverse=True)
    assert diverging_map()(0.5)[:3] == pytest.approx(to_rgb(PANEL), abs=0.02)


def test_a_colour_of_the_book_is_given_by_name():
    from companion.viz.style import COLORS

    curves = {"ViT": [1, 2], "twin": [2, 1], "rival": [3, 4]}
    ax = viz.show_curves(curves, x_label="", y_label="", colors={"twin": "plum"})
    colors = [line.get_color() for line in ax.lines]
    assert colors == [COLORS["blue"], COLORS["plum"], COLORS["green"]]
    assert [text.get_color() for text in ax.texts if text.get_text() == "twin"] == [COLORS["plum"]]
    with pytest.raises(ValueError, match="'no colour' is unknown: give one of blue, "):
        viz.show_curves({"a": [1]}, x_label="", y_label="", colors={"a": "no colour"})
