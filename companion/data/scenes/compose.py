"""Scenes that a reader puts together, and scenes in as many pixels as an eye likes.

Axes: n scenes, o objects, y x pixels.
"""

import numpy as np

from companion.checks import require_positive, require_seed
from companion.data.scenes.arrange import LARGE, SMALL, draw_layout
from companion.data.scenes.layout import COLOURS, MOST
from companion.data.scenes.scene_set import Scenes, drawn_from
from companion.data.scenes.shapes import SHAPES

AREAS = {"large": LARGE, "small": SMALL}
STRENGTH = 9  # of the noise, among a texture's numbers
BACKGROUNDS = 3  # the part of a seed's scenes that no `draw_scenes` gives


def compose_scene(
    *objects: tuple[str, tuple[float, float]], seed: int = 0, image_size: int = 32
) -> Scenes:
    """One scene of the objects that are named, each at its place; later ones cover earlier ones.

    Args:
        objects: size, colour and shape in words, as in "large red heart", and the centre as (y, x),
            shares of the picture's edge: (0, 0) is the upper left corner.
        seed: of the background.
        image_size: of the picture.

    Raises:
        ValueError: there are no objects or over 4, a word is unknown, a place lies outside the
            picture, or a number is out of its range.
    """
    require_positive(image_size=image_size)
    require_seed(seed)
    if not 1 <= len(objects) <= MOST:
        raise ValueError(f"{len(objects)} objects: give 1 to {MOST}")
    layout = draw_layout(1, seeds=(seed, BACKGROUNDS), objects=(MOST, MOST))
    shapes, colours = np.full((1, MOST), -1), np.full((1, MOST), -1)
    areas, centres = layout.areas.copy(), layout.centres.copy()
    for item, (words, place) in enumerate(objects):
        size, colour, shape = _named(words)
        if not all(0 <= share <= 1 for share in place):
            raise ValueError(f"{words!r} at {place}: give (y, x), each from 0 to 1")
        areas[0, item], centres[0, item] = AREAS[size], place
        colours[0, item], shapes[0, item] = list(COLOURS).index(colour), list(SHAPES).index(shape)
    ranks = np.arange(MOST)[None]
    own = layout._replace(shapes=shapes, colours=colours, areas=areas, centres=centres, ranks=ranks)
    return drawn_from(own, image_size)


def at_size(scenes: Scenes, image_size: int, *, noise: float = 1.0) -> Scenes:
    """The same scenes in more or fewer pixels; only the noise, which is a pixel's own, differs.

    Args:
        scenes: which.
        image_size: of the pictures.
        noise: how strong the noise is, as a multiple of the scenes' own; 0 leaves it out.

    Raises:
        ValueError: `image_size` is not positive, or `noise` below 0.
    """
    require_positive(image_size=image_size)
    if noise < 0:
        raise ValueError(f"noise={noise} must be at least 0")
    texture = scenes.layout.texture.copy()
    texture[:, STRENGTH] *= noise
    return drawn_from(scenes.layout._replace(texture=texture), image_size)


def _named(words: str) -> tuple[str, str, str]:
    """Size, colour and shape. Raises `ValueError` for other words, or not three of them."""
    known = (tuple(AREAS), tuple(COLOURS), tuple(SHAPES))
    given = words.split()
    if len(given) != len(known) or any(w not in k for w, k in zip(given, known, strict=True)):
        choices = "; ".join(", ".join(kind) for kind in known)
        raise ValueError(f"{words!r}: give one word of each of these: {choices}")
    size, colour, shape = given
    return size, colour, shape
