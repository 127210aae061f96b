"""From layouts to pixels, in NumPy, many scenes at a time.

Only exact operations are used, so that a picture has the same bits on every machine.

Axes: b scenes of a chunk, m objects of one shape, c channels, y x pixels.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.data.scenes.background import Plane, background, over_pixels, pixel_centres
from companion.data.scenes.layout import COLOURS, MOST, Layout
from companion.data.scenes.shapes import SHAPES

CHUNK = 65_536  # pixels drawn at a time: a plane of them stays in the processor's cache


class Drawn(NamedTuple):
    """Pictures (n, 3, y, x) as bytes, and which object each pixel (n, y, x) shows, -1 for none."""

    pixels: NDArray[np.uint8]
    owners: NDArray[np.int8]


def draw_pictures(layout: Layout, image_size: int) -> Drawn:
    """Draw every scene of a layout, `image_size` pixels wide and high."""
    count = len(layout.keys)
    pixels = np.empty((count, 3, image_size, image_size), np.uint8)
    owners = np.full((count, image_size, image_size), -1, np.int8)
    step = max(1, CHUNK // image_size**2)
    for start in range(0, count, step):
        rows = np.arange(start, min(start + step, count))
        part = layout.take(rows)
        canvas = background(part, image_size)
        for rank in range(MOST):
            _paint(canvas, owners[start : start + step], part, rank)
        np.clip(canvas, 0, 1, out=canvas)
        canvas *= np.float32(255)
        canvas += np.float32(0.5)
        pixels[start : start + step] = canvas
    return Drawn(pixels, owners)


def _paint(canvas: Plane, owners: NDArray[np.int8], part: Layout, rank: int) -> None:
    """Paint the objects of one rank, shape by shape, over what is there."""
    scene, item = np.nonzero((part.ranks == rank) & (part.shapes >= 0))
    shapes = part.shapes[scene, item]
    for number, shape in enumerate(SHAPES.values()):
        chosen = shapes == number
        if chosen.any():
            _paint_shape(canvas, owners, part, scene[chosen], item[chosen], shape.distance)


def _paint_shape(
    canvas: Plane,
    owners: NDArray[np.int8],
    part: Layout,
    scene: NDArray[Any],
    item: NDArray[Any],
    distance: Callable[[Plane, Plane], Plane],
) -> None:
    """Paint objects (m,) of one shape: lit from one side, with a darker rim and soft edges."""
    size = canvas.shape[-1]
    pixel = np.float32(size)
    place = pixel_centres(size)
    edge = np.sqrt(part.areas[scene, item]).astype(np.float32)[:, None, None]
    centre = part.centres[scene, item].astype(np.float32)
    off_y = (place - centre[:, :1])[:, :, None]
    off_x = (place - centre[:, 1:])[:, None, :]
    turn = part.turns[scene, item].astype(np.float32)[:, None, None]
    cosine = (1 - turn * turn) / (1 + turn * turn) / edge
    sine = 2 * turn / (1 + turn * turn) / edge
    away = distance(cosine * off_x + sine * off_y, cosine * off_y - sine * off_x)
    away *= edge
    away *= pixel
    owners[scene] = np.where(away < 0, item.astype(np.int8)[:, None, None], owners[scene])
    light = part.light[scene].astype(np.float32)
    slope = np.float32(0.30) / edge
    shade = off_y * (slope * over_pixels(light[:, 0])) + off_x * (slope * over_pixels(light[:, 1]))
    rim = np.clip(away / (pixel * np.float32(0.045)) + np.float32(1), 0, 1)
    shade += np.float32(1) - np.float32(0.30) * rim
    cover = np.clip(np.float32(0.5) - away, 0, 1)
    colours = np.array(list(COLOURS.values()))[part.colours[scene, item]] + part.tints[scene, item]
    painted = colours.astype(np.float32)[:, :, None, None] * shade[:, None]
    before = canvas[scene]
    painted -= before
    painted *= cover[:, None]
    painted += before
    canvas[scene] = painted
