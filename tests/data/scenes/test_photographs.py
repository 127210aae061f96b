"""Scenes before photographs: objects keep their pixels, parts share none, a seed is a seed."""

import pytest
import torch
from torch.testing import assert_close

from companion.data import before_photographs, draw_scenes, photograph_crops
from companion.data.scenes.photographs import crop_places, photographs


def test_objects_keep_their_pixels_and_the_rest_is_a_photograph():
    scenes = draw_scenes(4, seed=0, objects=2)
    images = before_photographs(scenes, seed=1, part="test")
    objects = (scenes.owners >= 0)[:, None].expand_as(images)
    assert_close(images[objects], scenes.images[objects])
    behind = photograph_crops(4, seed=1, part="test")
    assert_close(images[~objects], behind[~objects])


def test_crops_are_the_same_for_a_seed_and_differ_between_seeds_and_parts():
    crops = photograph_crops(4, seed=0, part="train")
    assert crops.shape == (4, 3, 32, 32)
    assert 0 <= crops.min() < crops.max() <= 1
    assert torch.equal(crops, photograph_crops(4, seed=0, part="train"))
    assert not torch.equal(crops, photograph_crops(4, seed=1, part="train"))
    assert not torch.equal(crops, photograph_crops(4, seed=0, part="test"))


def test_train_and_test_come_from_different_sides(monkeypatch):
    # Each pixel holds its column's share of the width, so a crop says where it came from.
    ramp = (torch.arange(640) * 255 // 639).to(torch.uint8)[None, :, None].expand(427, 640, 3)
    fake = type("Fake", (), {"images": [ramp.numpy().copy()] * 2})
    monkeypatch.setattr("sklearn.datasets.load_sample_images", lambda: fake)
    assert photograph_crops(50, seed=0, part="train").min() >= 0.445
    assert photograph_crops(50, seed=0, part="test").max() <= 0.455


def test_a_crop_is_where_it_is_said_to_be():
    crops, places = (f(4, seed=2, part="test") for f in (photograph_crops, crop_places))
    for crop, (number, top, left, side) in zip(crops, places, strict=True):
        cut = photographs()[number][0, :, top : top + side, left : left + side]
        assert_close(crop.mean(dim=(1, 2)), cut.mean(dim=(1, 2)), atol=0.01, rtol=0)
        assert left + side <= round(0.45 * 640)


def test_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match="part='all'"):
        photograph_crops(1, seed=0, part="all")
    with pytest.raises(ValueError, match="count=0"):
        photograph_crops(0, seed=0, part="test")
