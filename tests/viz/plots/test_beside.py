"""Scenes beside their maps, their cells' fields, their photographs, and trainings side by side."""

import matplotlib.pyplot as plt
import pytest
import torch

from companion.data import draw_scenes
from companion.data.scenes.compose import at_size
from companion.data.scenes.photographs import crop_places
from companion.viz.plots.beside import (
    show_beside,
    show_crops,
    show_fields,
    show_said,
    show_trainings,
)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def scene():
    return draw_scenes(1, seed=0, image_size=128, objects=2)


def words_on(ax):
    return [text.get_text() for text in ax.texts]


def test_little_words_are_left_out(scene):
    ax = show_said(scene, ["a", "red", "star", "left", "of"], torch.rand(6, 8, 8))
    assert words_on(ax)[:-1] == ["the picture", "red", "star", "left"]
    assert "(end)" in words_on(show_said(scene, [], torch.rand(6, 8, 8)))


def test_another_picture_may_stand_in_the_scene_s_place(scene):
    black = torch.zeros(3, 128, 128)
    canvases = [
        torch.from_numpy(
            show_beside(scene, ["a"], torch.rand(1, 8, 8), picture=p).images[0].get_array().data
        )[:128, :128]
        for p in (None, black)
    ]
    assert torch.allclose(canvases[0], scene.images[0].permute(1, 2, 0))
    assert not canvases[1].any()


def test_a_field_is_in_full_colour_and_the_rest_is_pale(scene):
    small = at_size(scene, 32)
    field = torch.zeros(32, 32, dtype=torch.bool)
    field[8:24, 8:24] = True
    ax = show_fields(small, scene, {"aligned": field}, 8)
    assert words_on(ax) == ["the scene", "aligned: 16 pixels wide"]
    drawn = torch.from_numpy(ax.images[1].get_array().data)[4::8, 4::8].permute(2, 0, 1)
    assert torch.allclose(drawn[:, 8:15, 8:15], small.images[0][:, 8:15, 8:15])
    assert drawn[:, :8].min() >= 0.85
    whole = torch.from_numpy(ax.images[1].get_array().data)
    assert not whole[126, 126:160].any()
    assert torch.allclose(whole[132, 132], small.images[0][:, 16, 16])


def test_crops_are_framed_in_their_photographs():
    left, right = show_crops(crop_places(3, seed=0, part="test"))
    assert [words_on(ax) for ax in (left, right)] == [["1", "3"], ["2"]]
    assert len(left.lines) == 3
    assert left.lines[0].get_xdata()[0] == pytest.approx(0.45 * 640)


def test_every_training_has_its_mark(scene):
    ax = show_trainings(
        {"seed 0": [0.5, 0.6], "seed 1": [0.7, 0.8]}, ["size", "colour"], chance=0.1, y_label="y"
    )
    assert [list(line.get_ydata()) for line in ax.lines[:2]] == [[50, 60], [70, 80]]
    assert len({line.get_marker() for line in ax.lines[:2]}) == 2
