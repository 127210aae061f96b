"""Maps beside their pictures: the picture whole, every map on one scale, outlines, frames."""

import pytest
import torch
from matplotlib.colors import to_rgb

from companion import viz
from companion.viz.plots.overlays import TILE
from companion.viz.style import COLORS

NAMES = ["one", "two"]


@pytest.fixture
def images():
    return torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def heat():
    heat = torch.full((3, 2, 4, 4), 0.01)
    heat[0, 0, 0, 0], heat[2, 1, 3, 3] = 1.0, 0.5
    return heat


MASKS = torch.zeros(3, 1, 8, 8, dtype=torch.bool)


def tile_of(ax, row, column, gap):
    canvas = torch.from_numpy(ax.images[0].get_array().data)
    top, left = (place * (TILE + gap) for place in (row, column))
    return canvas[top : top + TILE, left : left + TILE]


def test_pictures_stand_whole_beside_maps_of_one_scale(images, heat):
    ax = viz.show_map_table(images, heat, MASKS, NAMES)
    gap = TILE // 9
    picture = tile_of(ax, 1, 0, gap)
    assert torch.allclose(picture[:: TILE // 8, :: TILE // 8], images[1].permute(1, 2, 0))
    strong, weak, none = (
        tile_of(ax, *place, gap).mean(dim=2) for place in ((0, 1), (2, 2), (1, 1))
    )
    cell = slice(2, TILE // 4 - 2)
    far = slice(-TILE // 4 + 2, -2)
    assert strong[cell, cell].mean() < weak[far, far].mean() - 0.1 < none[cell, cell].mean() - 0.2


@pytest.mark.parametrize(("top", "darkest"), [(None, 1.0), (2.0, 2.0)])
def test_the_scale_ends_at_the_darkest_weight(images, heat, top, darkest):
    ax = viz.show_map_table(images, heat, MASKS, NAMES, top=top)
    (scale,) = (other for other in ax.figure.axes if other is not ax)
    assert scale.get_ylim() == (0, darkest)
    assert [text.get_text() for text in ax.texts] == ["the picture", *NAMES]


def test_notes_stand_below_their_maps_and_masks_are_outlined(images, heat):
    masks = MASKS.clone()
    masks[1, 0, 2:6, 2:6] = True
    notes = [["a", "b"], ["c", "d"], ["e", "f"]]
    ax = viz.show_map_table(images, heat, masks, NAMES, notes=notes, top=2.0)
    written = {text.get_text(): text.get_position() for text in ax.texts}
    assert written["a"][1] < written["c"][1] < written["e"][1]
    assert written["c"][0] == written["e"][0] < written["d"][0]
    blue = torch.tensor(to_rgb(COLORS["blue"]))

    def lined(row):
        return bool(torch.isclose(tile_of(ax, row, 1, TILE // 5), blue).all(dim=-1).any())

    assert [lined(row) for row in range(3)] == [False, True, False]


@pytest.mark.parametrize("asked", [None, (3, 0)])
def test_a_map_alone_frames_who_asks(heat, asked):
    ax = viz.show_map(heat[0, 0], MASKS[0], asked=asked)
    corners = {patch.get_xy() for patch in ax.patches}
    assert corners == ({(-0.5, 3 * TILE / 4 - 0.5)} if asked else set())


def test_frames_bear_their_letters_on_the_side_that_has_room(images):
    ax = viz.show_images(images[:1])
    viz.frame_patches(ax, [(0, 0), (1, 3)], (4, 4), "AB")
    first, second = ax.texts
    assert (first.get_text(), second.get_text()) == ("A", "B")
    assert first.get_ha() == "left"
    assert second.get_ha() == "right"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda i, h: viz.show_map_table(i[:2], h, MASKS, NAMES), "2 pictures and 2 names"),
        (lambda i, h: viz.show_map_table(i, h, MASKS, NAMES[:1]), "3 pictures and 1 names"),
        (lambda i, h: viz.show_map_table(i, h[0], MASKS, NAMES), "give \\(t, m, y, x\\)"),
        (lambda i, h: viz.show_map_table(i, h, MASKS, NAMES, notes=[["a"]]), "notes for"),
        (lambda i, h: viz.show_map_table(i, h, MASKS, NAMES, top=0.0), "above 0"),
        (lambda _, h: viz.show_map(h[0], MASKS[0]), "expected \\(rows, columns\\)"),
        (lambda _, h: viz.show_map(h[0, 0], MASKS[0], asked=(4, 0)), "not on a grid of 4x4"),
    ],
)
def test_what_does_not_go_together_is_refused(images, heat, call, message):
    with pytest.raises(ValueError, match=message):
        call(images, heat)
