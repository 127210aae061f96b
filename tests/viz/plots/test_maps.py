"""Plots of heads and layers show the numbers they got, patch on patch."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from companion import viz
from companion.viz.plots.overlays import TILE
from companion.viz.style import PANEL


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def image():
    return torch.rand(3, 8, 16, generator=torch.Generator().manual_seed(0))


DRAW = {
    "heads": lambda ax: viz.show_heads(torch.rand(1, 8, 8), torch.rand(2, 3, 4, 4), ax=ax),
    "query": lambda ax: viz.show_query(torch.rand(1, 8, 8), torch.rand(4, 4), 1, 2, ax=ax),
    "layers": lambda ax: viz.show_by_layer(torch.rand(3, 4), y_label="y", ax=ax),
    "matrix": lambda ax: viz.show_matrix(torch.rand(3, 4), x_label="x", y_label="y", ax=ax),
}


@pytest.mark.parametrize("name", DRAW)
def test_every_plot_draws_on_the_axes_it_is_given_or_its_own(name):
    (ax,) = viz.figure()
    assert DRAW[name](ax) is ax
    ax.figure.canvas.draw()
    before = dict(plt.rcParams)
    own = DRAW[name](None)
    own.figure.canvas.draw()
    assert own.figure.get_facecolor()[:3] == to_rgb(PANEL)
    assert dict(plt.rcParams) == before


def composite(ax):
    """The colours that `show_attention` puts on its patches, by its own two layers: (y, x, 3)."""
    picture, heat = ax.images
    below = picture.get_array()
    down, right = (b // h for b, h in zip(below.shape, heat.get_array().shape, strict=False))
    above = heat.cmap(heat.norm(heat.get_array()))[..., :3]
    alpha = heat.get_alpha()[..., None]
    above, alpha = (a.repeat(down, axis=0).repeat(right, axis=1) for a in (above, alpha))
    return below + alpha * (above - below)


def test_each_head_of_each_layer_has_its_map_in_its_place(image):
    heat = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    ax = viz.show_heads(image, heat)
    canvas, gap = ax.images[0].get_array(), TILE // 12
    assert canvas.shape == (2 * TILE + gap, 3 * TILE + 2 * gap, 3)
    for layer in range(2):
        for head in range(3):
            top, left = layer * (TILE + gap), head * (TILE + gap)
            tile = canvas[top : top + TILE, left : left + TILE]
            # Sixteen and eight pixels of the tile show one of the image.
            pixels = tile[::16, ::8]
            np.testing.assert_array_equal(pixels.repeat(16, 0).repeat(8, 1), tile)
            expected = composite(viz.show_attention(image, heat[layer, head]))
            np.testing.assert_allclose(pixels, expected, atol=1e-6)


def test_layers_and_heads_are_numbered_at_their_maps(image):
    ax = viz.show_heads(image, torch.rand(2, 3, 4, 4))
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2", "3"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["1", "2"]
    gap = TILE // 12
    middle = (TILE - 1) / 2
    np.testing.assert_allclose(ax.get_xticks(), [middle + i * (TILE + gap) for i in range(3)])
    np.testing.assert_allclose(ax.get_yticks(), [middle + i * (TILE + gap) for i in range(2)])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("head", "layer")


@pytest.mark.parametrize(("rows", "columns"), [(12, 12), (14, 14), (7, 7)])
def test_cells_cover_their_patches_where_a_tile_is_no_multiple(rows, columns):
    # An image whose pixels say which patch they are in, once as picture and once as heat.
    number = torch.arange(rows * columns).reshape(rows, columns) / (rows * columns)
    image = number.repeat_interleave(6, 0).repeat_interleave(6, 1)[None]
    heat = torch.eye(rows * columns)[:, None].reshape(rows * columns, 1, rows, columns)
    for patch in (0, columns + 1, rows * columns - 1):
        lit = viz.show_heads(image, heat[patch][None]).images[0].get_array()
        unlit = viz.show_heads(image, torch.zeros(1, 1, rows, columns)).images[0].get_array()
        changed = ~np.isclose(lit, unlit).all(-1)
        same_patch = np.isclose(unlit, unlit[changed][0]).all(-1)
        assert changed.any()
        np.testing.assert_array_equal(changed, same_patch)


@pytest.mark.parametrize(("y", "x"), [(0, 0), (1, 3), (3, 2)])
def test_the_frame_is_around_the_patch_that_asks(image, y, x):
    heat = torch.rand(4, 4)
    ax = viz.show_query(image, heat, y, x)
    assert len(ax.patches) == 2
    for frame in ax.patches:
        # Patches are two pixels high and four wide; a pixel's middle has whole numbers.
        assert frame.get_bbox().bounds == (4 * x - 0.5, 2 * y - 0.5, 4, 2)
    np.testing.assert_allclose(ax.images[1].get_array(), heat / heat.max(), atol=1e-6)


def test_a_dot_for_each_head_at_its_layer_and_a_line_through_the_means():
    values = torch.tensor([[1.0, 3.0], [4.0, 8.0], [5.0, 6.0]])
    ax = viz.show_by_layer(values, y_label="distance (pixels)", reference=("even attention", 5.5))
    *heads, means, level = ax.lines
    assert [list(line.get_ydata()) for line in heads] == values.T.tolist()
    assert all(list(line.get_xdata()) == [1, 2, 3] for line in heads)
    assert all(line.get_linestyle() == "None" for line in heads)
    assert list(means.get_ydata()) == [2.0, 6.0, 5.5]
    assert list(level.get_ydata()) == [5.5, 5.5]
    assert [text.get_text() for text in ax.texts] == ["even attention"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("layer", "distance (pixels)")


def test_a_matrix_is_shown_as_it_is():
    matrix = torch.rand(5, 7)
    ax = viz.show_matrix(matrix, x_label="key", y_label="query")
    picture = ax.images[0]
    np.testing.assert_array_equal(picture.get_array(), matrix)
    assert picture.get_clim() == (0, matrix.max().item())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("key", "query")
    ax = viz.show_matrix(matrix, x_label="", y_label="", limits=(-1, 1))
    assert ax.images[0].get_clim() == (-1, 1)
    assert not ax.lines


def test_lines_divide_what_does_not_belong_together():
    ax = viz.show_matrix(torch.rand(4, 6), x_label="", y_label="", every=2)
    down, right = ax.lines[:1], ax.lines[1:]
    assert [line.get_ydata()[0] for line in down] == [1.5]
    assert [line.get_xdata()[0] for line in right] == [1.5, 3.5]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: viz.show_heads(torch.rand(1, 8, 8), torch.rand(3, 4, 4)), r"\(3, 4, 4\)"),
        (lambda: viz.show_heads(torch.rand(1, 8, 8), torch.rand(0, 3, 4, 4)), r"\(0, 3, 4, 4\)"),
        (lambda: viz.show_heads(torch.rand(1, 8, 8), torch.rand(1, 1, 3, 4)), "3x4 map"),
        (lambda: viz.show_query(torch.rand(1, 8, 8), torch.rand(4, 4), 4, 0), r"patch \(4, 0\)"),
        (lambda: viz.show_query(torch.rand(1, 8, 8), torch.rand(4, 4), 0, -1), r"patch \(0, -1\)"),
        (lambda: viz.show_query(torch.rand(1, 8, 8), torch.rand(1, 4, 4), 0, 0), r"\(1, 4, 4\)"),
        (lambda: viz.show_by_layer(torch.rand(3), y_label=""), r"\(3,\): expected"),
        (lambda: viz.show_by_layer(torch.rand(3, 0), y_label=""), r"\(3, 0\): expected"),
        (lambda: viz.show_matrix(torch.rand(3), x_label="", y_label=""), r"\(3,\): expected"),
        (lambda: viz.show_matrix(torch.rand(3, 3), x_label="", y_label="", every=0), "every=0"),
    ],
)
def test_bad_input_is_refused_with_the_numbers(call, words):
    with pytest.raises(ValueError, match=words):
        call()
