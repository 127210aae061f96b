"""Scenes put together by hand: what was asked for is there, and the words are true of it."""

import pytest
import torch

from companion.data import caption_set, draw_scenes
from companion.data.scenes.compose import at_size, compose_scene

HEART, STAR = ("large red heart", (0.3, 0.3)), ("small blue star", (0.7, 0.6))


def test_what_was_named_is_there_and_said():
    scene = compose_scene(HEART, STAR)
    assert scene.captions() == ["a large red heart above a small blue star"]
    assert scene.counts.tolist() == [2]
    y, x = (places.float().mean() / 32 for places in scene.masks[0, 0].nonzero().T)
    assert abs(y - 0.3) < 0.07
    assert abs(x - 0.3) < 0.07
    shares = scene.masks[0, :2].float().mean(dim=(1, 2))
    assert shares[0] > 2 * shares[1] > 0
    red, _, blue = scene.images[0][:, scene.masks[0, 0]].mean(dim=1)
    assert red > 2 * blue


def test_one_object_two_of_a_kind_and_four_can_be_drawn():
    assert caption_set(compose_scene(HEART)).captions.shape[1] > 3
    twins = compose_scene(("large red heart", (0.3, 0.3)), ("large red heart", (0.7, 0.7)))
    assert (twins.masks[0, :2].sum(dim=(1, 2)) > 80).all()
    assert compose_scene(HEART, STAR, HEART, STAR).counts.tolist() == [4]


def test_later_objects_cover_earlier_ones():
    place = (0.5, 0.5)
    scene = compose_scene(("small red star", place), ("large blue circle", place))
    assert not scene.masks[0, 0].any()


def test_the_background_is_a_seed_s_and_no_scene_s():
    first, other = compose_scene(HEART), compose_scene(HEART, seed=1)
    assert torch.equal(first.pixels, compose_scene(HEART).pixels)
    assert not torch.equal(first.pixels, other.pixels)
    for part in ("train", "validation", "test"):
        assert draw_scenes(1, seed=0, part=part).layout.keys[0] != first.layout.keys[0]


def test_the_same_scenes_in_more_pixels_are_the_generator_s():
    small, large = (draw_scenes(3, seed=2, image_size=size) for size in (32, 96))
    assert torch.equal(at_size(small, 96).pixels, large.pixels)
    assert torch.equal(at_size(large, 32).owners, small.owners)


def test_without_noise_a_picture_is_smoother_and_shows_the_same():
    noisy = draw_scenes(3, seed=2, image_size=96)
    plain = at_size(noisy, 96, noise=0.0)
    steps = [(s.images[..., 1:] - s.images[..., :-1]).abs().mean() for s in (noisy, plain)]
    assert steps[1] < 0.5 * steps[0]
    assert torch.equal(plain.owners, noisy.owners)
    assert (plain.images.mean(dim=(2, 3)) - noisy.images.mean(dim=(2, 3))).abs().max() < 0.01
    with pytest.raises(ValueError, match="noise=-1"):
        at_size(noisy, 96, noise=-1)


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ((), "0 objects: give 1 to 4"),
        ((HEART,) * 5, "5 objects"),
        ((("huge red heart", (0.5, 0.5)),), "'huge red heart': give one word of each"),
        ((("red heart", (0.5, 0.5)),), "'red heart': give one word of each"),
        ((("large red heart", (0.5, 1.5)),), r"at \(0.5, 1.5\): give \(y, x\)"),
    ],
)
def test_what_cannot_be_drawn_is_refused(objects, message):
    with pytest.raises(ValueError, match=message):
        compose_scene(*objects)
    with pytest.raises(ValueError, match="image_size"):
        at_size(draw_scenes(1, seed=0), 0)
