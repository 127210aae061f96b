"""The model of photographs reads all its rows; its stored weights mean what they did."""

import matplotlib.pyplot as plt
import pytest
import torch
from torch.testing import assert_close

from companion.data.image_set import ImageSet, Splits
from companion.experiments import photographs
from companion.inspection import Sides, change_attention
from companion.lessons import recall_weights

LAYER = "blocks.0.token_mixer"


@pytest.mark.parametrize("heads", [1, 4])
def test_every_row_is_read(heads):
    torch.manual_seed(0)
    model, images = photographs.photograph_model(heads).eval(), torch.rand(1, 3, 72, 72)

    def one_row(weights):
        changed = weights.clone()
        changed[:, :, 77] = torch.eye(144)[3]
        return changed

    before = model(images)
    assert before.shape == (1, 10)
    with change_attention(model, {LAYER: one_row}):
        assert not torch.allclose(model(images), before, atol=1e-6)


@pytest.mark.parametrize("heads", [1, 4])
def test_stored_weights_answer_as_they_did(heads):
    model = photographs.photograph_model(heads)
    record = recall_weights(f"05_photographs_{heads}", model, probe=photographs.probe)
    assert record is not None
    assert record["seed"] == 0


def test_sample_photographs_are_blurred_as_enlarged_ones_are():
    photos = photographs.sample_photographs()
    assert photos.shape == (2, 3, 72, 72)
    assert 0 <= photos.min() < photos.max() <= 1
    mask = photographs.flower_mask()
    flower, leaves = photos[0, 0][mask].mean(), photos[0, 0][~mask].mean()
    assert flower > leaves + 0.3  # the flower is the red part


def test_squares_are_cut_out_of_the_whole_photographs():
    wholes, squares = photographs.whole_photographs(), photographs.sample_photographs()
    assert wholes.shape == (2, 3, 427, 640)
    for whole, square, left in zip(wholes, squares, photographs.LEFTS, strict=True):
        cut = whole[None, :, :, left : left + 427]
        small = torch.nn.functional.interpolate(cut, (72, 72), mode="area")[0]
        assert (small - square).abs().mean() < 0.05


@pytest.mark.parametrize("matrix", [False, True])
def test_a_photograph_stands_above_what_its_patches_take_from(matrix):
    ax = photographs.show_photograph_looks(1, [(0, 5), (6, 5)], matrix=matrix)
    titles = [panel.get_title(loc="left") for panel in ax.get_figure(root=True).axes]
    assert titles[:2] == ["the photograph", "what the models see"]
    assert titles.count("A takes from") == titles.count("B takes from") == 2
    assert titles.count("one head: all weights") == matrix
    names = [panel.get_ylabel() for panel in ax.get_figure(root=True).axes]
    assert names.count("four heads") == 1 - matrix
    plt.close("all")


def test_the_sides_of_every_row_stand_beside_their_controls():
    sides = {side: [1.5, 0.1, 1.2] for side in Sides._fields}
    rows = [{"trained": sides, "untrained": {side: [1.0] for side in Sides._fields}}] * 2
    ax = photographs.show_sides(rows, ["a from b", "b from b", "c"])
    heights = {float(y) for line in ax.get_lines() for y in line.get_ydata()}
    assert {1.0, 1.2, 1.5} <= heights
    assert ax.get_title() == "a\nfrom b"
    plt.close("all")


def test_maps_are_those_of_the_stored_weights():
    photos = photographs.sample_photographs()
    maps = photographs.recalled_maps(photos)
    assert list(maps) == [1, 4]
    for found in maps.values():
        assert found.weights.shape == (2, 1, 144, 144)
        assert_close(found.weights.sum(dim=-1), torch.ones(2, 1, 144))


def test_a_row_is_measured_and_an_even_model_is_at_chance(monkeypatch, tmp_path):
    torch.manual_seed(0)

    def fake(count):
        pixels = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8)
        return ImageSet(pixels, torch.arange(count) % 10, tuple("abcdefghij"))

    splits = Splits(fake(20), fake(10_000), note="stands in")
    monkeypatch.setattr(photographs, "load_vision", lambda *_, **__: splits)
    small = photographs.SETTINGS | {"photographs": 20, "tested": 10, "epochs": 1}
    row = photographs.run("one head", 0, "cpu", settings=small, folder=tmp_path)
    assert 0 <= row["right"] <= 1
    assert set(row["trained"]) == {"by_key", "pixels", *Sides._fields}
    for side in ("thing_from_thing", "ground_from_ground"):
        assert row["untrained"][side][0] == pytest.approx(1, abs=0.1)


def test_an_even_look_takes_the_same_from_all():
    weights = torch.rand(1, 2, 3, 3).softmax(-1)
    assert_close(photographs.even(weights), torch.full((1, 2, 3, 3), 1 / 3))
