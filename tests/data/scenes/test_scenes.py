"""Scenes: what is said about a picture is true of its pixels, and a seed means one set of them."""

import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch.nn import functional as F

from companion.data import draw_scenes, load_scenes
from companion.data.scenes.arrange import draw_layout
from companion.data.scenes.layout import COLOURS
from companion.data.scenes.pixels import draw_pictures
from companion.data.scenes.shapes import SHAPES

seeds = st.integers(0, 2**63)
few = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(1200, seed=0)


def test_seed_0_is_pinned_to_the_bit():
    """Every other result of the book hangs on these; the hash is of pixels as bytes."""
    pixels = (draw_scenes(24, seed=0).images * 255).round().byte().numpy()
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == PIXELS
    larger = (draw_scenes(6, seed=7, part="test", image_size=48).images * 255).round().byte()
    assert hashlib.sha256(larger.numpy().tobytes()).hexdigest() == LARGER


def test_captions_of_seed_0_are_pinned():
    assert draw_scenes(6, seed=0).captions() == [
        "a large blue circle with two small shapes",
        "a large purple square with three small shapes",
        "a large yellow cross",
        "a large yellow heart",
        "a large green triangle",
        "a small green triangle above a large purple star",
    ]


PIXELS = "e7b20ed138e2264679d53dd20a4d357e7a2221b1149c36b236e7ce6c8845f000"
LARGER = "48c57a1daf09bb7904081db59bb9631256f89eafef861fc651635b6d61a9ade7"


@few
@given(seed=seeds, size=st.integers(16, 49), fewest=st.integers(1, 4))
def test_masks_are_disjoint_and_fill_their_boxes(seed, size, fewest):
    scenes = draw_scenes(12, seed=seed, image_size=size, objects=(fewest, 4))
    masks, boxes = scenes.masks, scenes.boxes
    assert masks.shape == (12, 4, size, size)
    assert masks.sum(dim=1).max() <= 1
    assert torch.equal(masks.any(dim=(2, 3)), scenes.shapes >= 0)
    assert scenes.counts.min() >= fewest
    for mask, (top, left, bottom, right) in zip(
        masks.flatten(0, 1), boxes.flatten(0, 1).tolist(), strict=True
    ):
        inside = mask[top:bottom, left:right]
        assert inside.sum() == mask.sum()
        if mask.any():
            ends = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
            assert all(end.any() for end in ends), "the box is larger than the mask"


def seen(scenes, scene):
    """The objects of a scene by their masks: shape and colour to (pixels, middle y, middle x)."""
    found = {}
    for item, mask in enumerate(scenes.masks[scene]):
        if mask.any():
            shape = list(SHAPES)[scenes.shapes[scene, item]]
            colour = list(COLOURS)[scenes.colours[scene, item]]
            y, x = mask.nonzero().float().mean(dim=0).tolist()
            found[colour, shape] = (int(mask.sum()), y, x)
    return found


@few
@given(seed=seeds)
def test_captions_are_true_of_the_masks(seed):
    scenes = draw_scenes(12, seed=seed, image_size=32)
    for scene, caption in enumerate(scenes.captions()):
        objects = seen(scenes, scene)
        words = caption.split()
        largest = max(objects, key=lambda name: objects[name][0])
        at = words.index("large")
        assert (words[at + 1], words[at + 2]) == largest
        if len(objects) == 2:
            first, second = (words[2], words[3]), (words[-2], words[-1])
            axis = 1 if "above" in words else 2
            assert objects[first][axis] < objects[second][axis]
            assert len(words) == (9 if axis == 1 else 10)
        elif len(objects) > 2:
            assert words[4:] == ["with", ["two", "three"][len(objects) - 3], "small", "shapes"]


@few
@given(seed=seeds)
def test_answers_are_true_of_the_masks(seed):
    scenes = draw_scenes(12, seed=seed, image_size=32)
    for scene, question, answer in scenes.questions(6):
        objects = seen(scenes, scene)
        assert answer == answered(question.split(), objects), (question, objects)


def answered(words, objects):
    """The answer from pixels alone."""
    if words[:2] == ["how", "many"]:
        return ["one", "two", "three", "four"][len(objects) - 1]
    if words[:2] == ["what", "shape"]:
        return next(shape for colour, shape in objects if colour == words[-1])
    if words[:2] == ["what", "colour"]:
        return next(colour for colour, shape in objects if shape == words[-1])
    if words[:2] == ["is", "there"]:
        return "yes" if (words[-2], words[-1]) in objects else "no"
    if words[-1] == "small":
        largest = max(objects, key=lambda name: objects[name][0])
        return "large" if (words[2], words[3]) == largest else "small"
    axis = 1 if "above" in words else 2
    first, second = objects[words[2], words[3]], objects[words[-2], words[-1]]
    return "yes" if first[axis] < second[axis] else "no"


def test_all_kinds_of_questions_and_answers_come(scenes):
    asked = scenes.questions(3)
    assert len(asked) == 3 * len(scenes)
    kinds = {" ".join(q.question.split()[:2]) for q in asked}
    assert kinds == {"how many", "what shape", "what colour", "is there", "is the"}
    answers = [q.answer for q in asked if q.question.startswith("is there")]
    assert 0.45 < answers.count("yes") / len(answers) < 0.55
    related = [q.answer for q in asked if " above " in q.question or " left of " in q.question]
    assert 0.45 < related.count("yes") / len(related) < 0.55
    words = {word for _, question, answer in asked for word in [*question.split(), answer]}
    assert {*SHAPES, *COLOURS, "one", "two", "three", "four", "large", "small"} <= words


@few
@given(seed=seeds, count=st.integers(1, 30))
def test_a_seed_means_one_set_and_more_scenes_begin_with_the_same(seed, count):
    few, many = draw_scenes(count, seed=seed), draw_scenes(31, seed=seed)
    assert torch.equal(few.images, many.images[:count])
    assert few.captions() == many.captions()[:count]
    assert few.questions(2) == many.questions(2)[: 2 * count]


def test_seeds_parts_and_sizes_differ_in_what_they_should():
    first = draw_scenes(6, seed=0)
    assert not torch.equal(first.images, draw_scenes(6, seed=1).images)
    assert not torch.equal(first.images, draw_scenes(6, seed=0, part="test").images)
    large = draw_scenes(6, seed=0, image_size=64)
    assert large.captions() == first.captions()
    # The same pictures: a large one, seen from afar, is much like the small one.
    halved = torch.nn.functional.avg_pool2d(large.images, 2)
    assert (halved - first.images).abs().mean() < 0.04


def test_the_global_random_state_is_left_alone():
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    draw_scenes(6, seed=0).questions(2)
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert np.random.get_state()[1].tolist() == numpy_before  # noqa: NPY002


def test_labels_are_balanced_in_every_six():
    train, test, note = load_scenes(train=600, test=122, seed=3)
    assert train.labels.reshape(-1, 6).sort().values.eq(torch.arange(6)).all()
    assert torch.bincount(test.labels).tolist().count(20) >= 4
    assert (train.classes, note) == (tuple(SHAPES), "")
    colours = torch.bincount(load_scenes(train=6000, test=6, label="colour").train.labels)
    assert (colours - 1000).abs().max() < 120
    assert train.images.shape == (600, 3, 32, 32)


def test_the_label_is_the_shape_that_is_largest_in_the_picture(scenes):
    areas = scenes.masks.sum(dim=(2, 3))
    assert (areas.argmax(dim=1) == 0).all()
    assert torch.equal(scenes.image_set().labels, scenes.shapes[:, 0])


def test_all_shapes_have_the_same_area_and_stay_within_reach():
    edge = np.linspace(-1, 1, 2001, dtype=np.float32)
    y, x = edge[:, None], edge[None, :]
    for name, shape in SHAPES.items():
        inside = shape.distance(x, y) < 0
        assert abs(inside.mean() * 4 - 1) < 4e-3, name
        farthest = np.sqrt(x * x + y * y)[inside].max()
        assert shape.reach - 0.06 < farthest <= shape.reach, name


@pytest.mark.parametrize("name", SHAPES)
def test_a_distance_is_a_distance_near_the_edge(name):
    """Its slope is 1, so that edges are one pixel soft; scipy measures the true distance."""
    from scipy.ndimage import distance_transform_edt

    edge = np.linspace(-1, 1, 801, dtype=np.float32)
    distance = SHAPES[name].distance(edge[None, :], edge[:, None])
    step = 2 / 800
    inside = distance < 0
    true = np.where(inside, -distance_transform_edt(inside), distance_transform_edt(~inside)) * step
    near = np.abs(true) < 0.05
    # Outside a corner the distance is to the prolonged sides, a little less than the true one.
    assert np.quantile(np.abs(distance - true)[near], 0.9) < 1.5 * step


def test_edges_are_soft_and_pixels_are_bytes():
    scenes = draw_scenes(60, seed=1, objects=1)
    bytes_ = scenes.images * 255
    assert torch.equal(bytes_.round().to(torch.uint8), scenes.image_set().pixels)
    assert torch.allclose(bytes_, bytes_.round(), atol=1e-4)
    # Anti-aliased: a circle's pixels sum to its area far better than counting whole ones.
    layout = draw_layout(60, seeds=(1, 0), objects=(1, 1))
    flat = layout._replace(
        tints=np.zeros_like(layout.tints),
        blotches=np.zeros_like(layout.blotches),
        texture=np.zeros_like(layout.texture),
        light=np.zeros_like(layout.light),
        colours=np.where(layout.shapes >= 0, 5, -1),
    )
    levels = np.unique(draw_pictures(flat, 32).pixels[:, 0])
    assert len(levels) > 20


def test_objects_overlap_sometimes_and_none_disappears():
    scenes = draw_scenes(3000, seed=2)
    there = scenes.shapes >= 0
    share = scenes.masks.sum(dim=(2, 3)) / (torch.from_numpy(scenes.layout.areas) * 32 * 32)
    assert share[there].min() > 0.3
    assert 0.05 < (share[there] < 0.9).float().mean() < 0.25
    assert (scenes.boxes[there][:, 0] >= 0).all()


def test_relations_are_clear():
    off = draw_scenes(3000, seed=4, objects=2).centres
    off = (off[:, 1] - off[:, 0]).abs()
    assert ((off[:, 0] - off[:, 1]).abs() >= 0.0999).all()


def test_backgrounds_are_grey_on_average():
    scenes = draw_scenes(600, seed=5)
    background = (scenes.owners < 0)[:, None].expand(-1, 3, -1, -1)
    means = [scenes.images[:, c][background[:, c]].mean() for c in range(3)]
    assert all(abs(mean - 0.5) < 0.01 for mean in means)


def test_moving_an_object_moves_nothing_else():
    scenes = draw_scenes(12, seed=6, objects=2)
    places = torch.full((12, 2), 0.5)
    moved = scenes.moved(1, places)
    untouched = (scenes.owners < 0) & (moved.owners < 0)
    near = torch.nn.functional.max_pool2d((~untouched).float(), 7, 1, 3) > 0
    same = (scenes.images == moved.images).all(dim=1)
    assert same[~near].all()
    assert torch.allclose(moved.centres[:, 1], places)
    assert torch.equal(moved.centres[:, 0], scenes.centres[:, 0])
    where = moved.masks[:, 1].nonzero()[:, 1:].float().mean(dim=0)
    assert (where - 15.5).abs().max() < 2


def test_a_subset_keeps_everything_together(scenes):
    part = scenes.subset([5, 2])
    assert part.captions() == [scenes.captions()[i] for i in (5, 2)]
    assert torch.equal(part.masks, scenes.masks[[5, 2]])
    assert "Scenes(2 of 32x32 pixels" in repr(part)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"count": 0}, "count=0: give a whole number of at least 1"),
        ({"count": 2.0}, "count=2.0"),
        ({"count": True}, "count=True"),
        ({"seed": -1}, "seed=-1: give 0, 1, 2"),
        ({"seed": 0.5}, "seed=0.5"),
        ({"image_size": 15}, "image_size=15 is too small"),
        ({"image_size": 32.0}, "image_size=32.0"),
        ({"objects": 0}, "objects=0"),
        ({"objects": 5}, "objects=5: give 1 to 4"),
        ({"objects": (3, 2)}, r"objects=\(3, 2\): give 1 to 4, the smaller"),
        ({"objects": (1, 5)}, r"objects=\(1, 5\)"),
        ({"part": "dev"}, "part='dev': give one of train, validation, test"),
    ],
)
def test_wrong_arguments_are_refused_with_the_numbers(wrong, words):
    with pytest.raises(ValueError, match=words):
        draw_scenes(**({"count": 6, "seed": 0} | wrong))


def test_wrong_rows_labels_and_moves_are_refused(scenes):
    with pytest.raises(ValueError, match="label='size': give one of shape, colour"):
        scenes.image_set("size")
    with pytest.raises(ValueError, match="run from 0 to 1200; 0 to 1199"):
        scenes.subset([0, 1200])
    with pytest.raises(ValueError, match="give a list of numbers"):
        scenes.subset(torch.ones(1200, dtype=torch.bool))
    with pytest.raises(ValueError, match="item=3 is not in every scene"):
        scenes.moved(3, torch.full((1200, 2), 0.5))
    two = draw_scenes(6, seed=0, objects=2)
    with pytest.raises(ValueError, match=r"give \(n, 2\) numbers from 0 to 1"):
        two.moved(1, torch.full((6, 2), 1.5))
    with pytest.raises(ValueError, match="each=0"):
        scenes.questions(0)


def test_recolouring_changes_one_object_and_nothing_else():
    scenes = draw_scenes(6, seed=3, image_size=32, objects=(2, 4))
    colours = (scenes.colours[:, 1] + 1) % 6
    painted = scenes.recoloured(1, colours)
    assert torch.equal(painted.colours[:, 1], colours)
    assert torch.equal(painted.owners, scenes.owners)
    mask = scenes.masks[:, 1]
    inside = mask[:, None].expand_as(scenes.pixels)
    # Colours blend at an edge, also at one under another object.
    near = F.max_pool2d(mask[:, None].float(), 5, stride=1, padding=2).bool()
    outside = ~near.expand_as(scenes.pixels)
    assert torch.equal(painted.pixels[outside], scenes.pixels[outside])
    assert (painted.pixels[inside] != scenes.pixels[inside]).float().mean() > 0.5
    assert torch.equal(painted.recoloured(1, scenes.colours[:, 1]).pixels, scenes.pixels)


def test_recolouring_refuses_what_is_not_there():
    scenes = draw_scenes(6, seed=3, objects=(1, 1))
    with pytest.raises(ValueError, match="item=1 is not in every scene"):
        scenes.recoloured(1, torch.zeros(6, dtype=torch.int64))
    with pytest.raises(ValueError, match="whole numbers from 0 to 5"):
        scenes.recoloured(0, torch.full((6,), 6))
