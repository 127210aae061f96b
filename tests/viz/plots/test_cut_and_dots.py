"""Plots of photographs cut, of maps below images, and of one dot a run."""

import numpy as np
import pytest
import torch

from companion import viz
from companion.viz.plots.overlays import TILE
from companion.viz.style import PANEL


def test_a_cut_photograph_shows_its_pixels_its_patches_and_one_row_of_words():
    image = torch.rand(3, 8, 8)
    ax = viz.show_cut(image, 2, row=1)
    whole, apart, words = (picture.get_array() for picture in ax.images)
    np.testing.assert_allclose(whole, image.permute(1, 2, 0), atol=1e-6)
    np.testing.assert_allclose(apart[3:5, 6:8], whole[2:4, 4:6], atol=1e-6)  # the seventh patch
    np.testing.assert_allclose(words[:, 6:8], whole[2:4, 4:6], atol=1e-6)
    labels = [text.get_text() for text in ax.texts]
    assert labels[-4:] == ["5", "6", "7", "8"]
    assert any("16 patches of 2" in label for label in labels)


def test_frames_go_around_the_row_of_the_words():
    ax = viz.show_cut(torch.rand(1, 8, 8), 2, row=2)
    for frame, picture in zip(ax.patches, ax.images, strict=False):
        left, right, bottom, top = picture.get_extent()
        pixel = (bottom - top) / picture.get_array().shape[0]
        size = 2 if frame is ax.patches[0] else 3  # a gap of one pixel stands between patches
        assert frame.get_y() < top + 2 * size * pixel < frame.get_y() + frame.get_height()
        assert frame.get_x() < left < right < frame.get_x() + frame.get_width()


def test_maps_stand_below_their_images_on_one_scale():
    images, dark = torch.zeros(3, 1, 8, 8), torch.ones(3, 2, 2)
    ax = viz.show_maps_below(images, {"a": dark, "b": dark / 100}, label="weight")
    canvas = ax.images[0].get_array()
    step = TILE + TILE // 8
    middle = TILE // 4
    assert canvas[step + middle, middle].sum() < 0.5 < canvas[2 * step + middle, middle].sum()
    assert [text.get_text() for text in ax.texts] == ["image", "a", "b"]
    assert ax.figure.axes[1].get_ylabel() == "weight"


def test_every_run_has_a_dot_and_every_row_its_mean():
    ax = viz.show_dots({"a": [1.0, 2.0], "b": [4.0]}, x_label="%", colors={"b": "green"})
    assert [text.get_text() for text in ax.texts] == ["1.5", "4.0", "mean"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in dots] == [[1.0, 2.0], [4.0]]


def test_chosen_views_have_a_dot_at_their_own_place_and_their_numbers():
    likeness = torch.zeros(16, 4, 4)
    ax = viz.show_position_similarity(likeness, places=[5, 7, 13, 15], limit=1, scale="")
    dots = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines]
    assert dots == [(1, 1), (8, 1), (1, 8), (8, 8)]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["column 2", "column 4"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["row 2", "row 4"]
    assert len(ax.figure.axes) == 1


def test_filters_have_a_bar_where_it_is_named():
    ax = viz.show_filters(torch.randn(4, 1, 3, 3), scale="weight")
    bar = ax.figure.axes[1]
    assert bar.get_ylabel() == "weight"
    assert bar.get_ylim()[0] == -bar.get_ylim()[1]
    assert ax.figure.get_facecolor()[:3] == pytest.approx(
        tuple(int(PANEL[i : i + 2], 16) / 255 for i in (1, 3, 5))
    )


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: viz.show_cut(torch.rand(3, 8, 6), 2), r"\(8, 6\)"),
        (lambda: viz.show_cut(torch.rand(3, 8, 8), 3), "patches of 3"),
        (lambda: viz.show_cut(torch.rand(3, 8, 8), 2, row=4), "has 4 rows"),
        (lambda: viz.show_maps_below(torch.rand(2, 1, 4, 4), {}, label=""), "2 images"),
        (
            lambda: viz.show_maps_below(
                torch.rand(2, 1, 4, 4), {"a": torch.rand(3, 2, 2)}, label=""
            ),
            r"\(3, 2, 2\)",
        ),
        (lambda: viz.show_dots({}, x_label=""), "none"),
        (lambda: viz.show_dots({"a": []}, x_label=""), r"\['a'\] have 0 runs"),
        (lambda: viz.show_dots({"a": [1]}, x_label="", colors={"a": "pinkish"}), "pinkish"),
        (lambda: viz.show_filters(torch.rand(2, 3, 4, 4), scale="weight"), "have no bar"),
    ],
)
def test_what_cannot_be_drawn_is_named(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()
