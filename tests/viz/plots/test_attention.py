"""Heat over pictures: patch on patch, on one stated scale, and the picture in sight everywhere."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from companion import viz
from companion.viz.plots.overlays import COVER, PALE, TILE, overlaid
from companion.viz.style import INK, PANEL, heat_map


@pytest.fixture
def image():
    return torch.rand(3, 8, 16, generator=torch.Generator().manual_seed(0))


def in_the_middle(image, heat, top):
    """The colours below and right of the patches' middles, by hand: (y, x, 3)."""
    down, right = (size // count for size, count in zip(image.shape[1:], heat.shape, strict=True))
    picture = image.permute(1, 2, 0)[down // 2 :: down, right // 2 :: right]
    paper, share = torch.tensor(to_rgb(PANEL)), (heat / top).clamp(max=1)[..., None]
    pale = paper + PALE * (picture - paper)
    colours = torch.from_numpy(heat_map()(share[..., 0].numpy())).float()[..., :3]
    return pale + COVER * share * (colours - pale)


@pytest.mark.parametrize("top", [None, 2.0, 0.5])
def test_attention_lies_on_its_patches_on_a_stated_scale(image, top):
    heat = torch.rand(4, 4, generator=torch.Generator().manual_seed(1))
    ax = viz.show_attention(image, heat, top=top)
    drawn = ax.images[0]
    assert drawn.get_extent() == [-0.5, 15.5, 7.5, -0.5]
    high, wide = (size // 4 for size in drawn.get_array().shape[:2])
    middles = drawn.get_array()[high // 2 + 1 :: high, wide // 2 + 1 :: wide]
    expected = in_the_middle(image, heat, heat.max() if top is None else top)
    np.testing.assert_allclose(middles, expected, atol=1e-6)
    assert ax.texts[-1].get_text() == f"■ {top or heat.max():.2g}"


def test_the_picture_stays_in_sight_where_the_map_is_strongest():
    stripes = torch.zeros(1, 1, 24, 24)
    stripes[..., ::2] = 1.0
    drawn = overlaid(stripes[0], torch.ones(1, 1, 1), size=(96, 96))[0][8:-8, 8:-8]
    dark, light = drawn[:, 1::8].mean(), drawn[:, 5::8].mean()
    alone = viz.show_images(stripes).images[0].get_array()
    assert abs(dark - light) > 0.25 * abs(alone[:, 0] - alone[:, 1]).mean()


def test_a_line_goes_around_patches_of_at_least_half_the_top():
    heat = torch.tensor([[[0.0, 1.0, 0.6, 0.4], [0.0, 0.0, 0.0, 0.0]]])
    drawn = overlaid(torch.rand(3, 2, 4), heat, size=(100, 200))[0]
    inked = np.isclose(drawn, to_rgb(INK), atol=1e-6).all(-1)
    rows, columns = np.nonzero(inked)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (0, 49, 50, 149)
    assert not inked[1:49, 51:149].any()
    assert inked[0, 50:150].all()
    assert inked[:50, 50].all()
    assert not np.isclose(overlaid(torch.rand(3, 2, 4), heat, 2.1)[0], to_rgb(INK)).all(-1).any()


def test_each_head_of_each_layer_has_its_map_in_its_place(image):
    heat = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    ax = viz.show_heads(image, heat)
    canvas, gap = ax.images[0].get_array(), TILE // 12
    assert canvas.shape == (2 * TILE + gap, 3 * TILE + 2 * gap, 3)
    for layer in range(2):
        for head in range(3):
            top, left = layer * (TILE + gap), head * (TILE + gap)
            tile = canvas[top : top + TILE, left : left + TILE]
            expected = in_the_middle(image, heat[layer, head], heat.max())
            # A patch is 32 pixels of the tile high and wide, 2 and 4 of the image.
            np.testing.assert_allclose(tile[17::32, 17::32], expected, atol=1e-6)
    assert ax.texts[-1].get_text() == f"■ {heat.max():.2g}"


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
    np.testing.assert_array_equal(
        ax.images[0].get_array(), viz.show_attention(image, heat).images[0].get_array()
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: viz.show_attention(torch.rand(1, 8, 8), torch.rand(3, 4)), "3x4 map"),
        (lambda: viz.show_attention(torch.rand(1, 8, 8), torch.rand(2, 4, 4)), r"\(2, 4, 4\)"),
        (lambda: viz.show_heads(torch.rand(1, 8, 8), torch.rand(3, 4, 4)), r"\(3, 4, 4\)"),
        (lambda: viz.show_heads(torch.rand(1, 8, 8), torch.rand(0, 3, 4, 4)), r"\(0, 3, 4, 4\)"),
        (lambda: viz.show_heads(torch.rand(1, 8, 8), torch.rand(1, 1, 3, 4)), "3x4 map"),
        (lambda: viz.show_query(torch.rand(1, 8, 8), torch.rand(4, 4), 4, 0), r"patch \(4, 0\)"),
        (lambda: viz.show_query(torch.rand(1, 8, 8), torch.rand(4, 4), 0, -1), r"patch \(0, -1\)"),
        (lambda: viz.show_query(torch.rand(1, 8, 8), torch.rand(1, 4, 4), 0, 0), r"\(1, 4, 4\)"),
        (lambda: viz.show_attention(torch.rand(1, 8, 8), torch.rand(4, 4), top=0), "top=0: give"),
    ],
)
def test_bad_input_is_refused_with_the_numbers(call, words):
    with pytest.raises(ValueError, match=words):
        call()
