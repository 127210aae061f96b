"""Scenes: pictures of coloured shapes, drawn on the fly, of which everything is known."""

from __future__ import annotations

from typing import Literal

from companion.checks import require_positive, require_seed
from companion.data.image_set import ImageSet, Splits
from companion.data.scenes.arrange import draw_layout
from companion.data.scenes.layout import MOST
from companion.data.scenes.scene_set import Scenes, drawn_from

SMALLEST = 16
Part = Literal["train", "validation", "test"]
PARTS = ("train", "validation", "test")


def draw_scenes(
    count: int,
    *,
    seed: int,
    part: Part = "train",
    image_size: int = 32,
    objects: int | tuple[int, int] = (1, MOST),
) -> Scenes:
    """The first `count` scenes of a seed; more of them begin with the same ones.

    Args:
        count: how many.
        seed: the same gives the same scenes, to the last bit, on every machine.
        part: train, validation and test have no scene in common.
        image_size: of the pictures; the same scenes in more or fewer pixels.
        objects: how many in a scene, or from how many to how many (both included), up to 4.

    Raises:
        ValueError: a number is out of its range.
    """
    require_positive(count=count, image_size=image_size)
    fewest, most = (objects, objects) if isinstance(objects, int) else objects
    for bound in (fewest, most):
        require_positive(objects=bound)
    if not fewest <= most <= MOST:
        raise ValueError(f"objects={objects}: give 1 to {MOST}, the smaller number first")
    require_seed(seed)
    if part not in PARTS:
        raise ValueError(f"part={part!r}: give one of {', '.join(PARTS)}")
    if image_size < SMALLEST:
        raise ValueError(
            f"image_size={image_size} is too small: below {SMALLEST} pixels no shape can be told"
        )
    seeds = (seed, PARTS.index(part))
    return drawn_from(draw_layout(count, seeds=seeds, objects=(fewest, most)), image_size)


def load_scenes(
    *,
    train: int = 8000,
    test: int = 2000,
    seed: int = 0,
    image_size: int = 32,
    objects: int | tuple[int, int] = (1, MOST),
    label: Literal["shape", "colour"] = "shape",
) -> Splits:
    """Scenes to classify by their large object; of six in a row, each shape is the label once.

    Raises:
        ValueError: as `draw_scenes`.
    """

    def drawn(count: int, part: Part) -> ImageSet:
        scenes = draw_scenes(count, seed=seed, part=part, image_size=image_size, objects=objects)
        return scenes.image_set(label)

    return Splits(drawn(train, "train"), drawn(test, "test"), note="")
