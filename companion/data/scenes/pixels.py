"""From layouts to pixels, in NumPy, many scenes at a time.

Only exact operations are used, so that a picture has the same bits on every machine.

Axes: b scenes of a chunk, m objects of one shape, c channels, y x pixels.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.data.scenes.layout import COLOURS, MOST, NODES, Layout
from companion.data.scenes.shapes import SHAPES

Plane = NDArray[Any]  # of float32
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
        canvas = _background(part, image_size)
        for rank in range(MOST):
            _paint(canvas, owners[start : start + step], part, rank)
        np.clip(canvas, 0, 1, out=canvas)
        canvas *= np.float32(255)
        canvas += np.float32(0.5)
        pixels[start : start + step] = canvas
    return Drawn(pixels, owners)


def _background(part: Layout, size: int) -> Plane:
    """Grey on average: blotches of colour, a texture, noise, and light from one side."""
    place = _pixel_centres(size)
    canvas = _blend(_blend(part.blotches.astype(np.float32), place).swapaxes(2, 3), place)
    canvas = canvas.swapaxes(2, 3)
    texture = part.texture.astype(np.float32)
    first = _wave(texture[:, 0:3], place)
    second = _wave(texture[:, 3:6], place)
    plain = first * _over_pixels(texture[:, 6]) + second * _over_pixels(texture[:, 7])
    plain += first * second * _over_pixels(texture[:, 8])
    light = part.light.astype(np.float32)
    middle = place - np.float32(0.5)
    strength = light[:, 2] * np.float32(0.35)
    down = (strength * light[:, 0])[:, None, None] * middle[:, None]
    plain += down + (strength * light[:, 1])[:, None, None] * middle
    plain += np.float32(0.5)
    canvas += plain[:, None]
    _add_noise(canvas, part.keys, texture[:, 9])
    return canvas


def _pixel_centres(size: int) -> Plane:
    return (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size)


def _over_pixels(values: Plane) -> Plane:
    return values[:, None, None]


def _blend(grid: Plane, place: Plane) -> Plane:
    """Smoothly between the nodes of the last axis but one: (b, c, NODES, k) -> (b, c, y, k)."""
    along = place * np.float32(NODES - 1)
    below = along.astype(np.int64)
    share = along - below.astype(np.float32)
    share = (share * share * (np.float32(3) - np.float32(2) * share))[:, None]
    lower, rise = grid[:, :, :-1], grid[:, :, 1:] - grid[:, :, :-1]
    blended: Plane = lower[:, :, below] + rise[:, :, below] * share
    return blended


def _wave(wave: Plane, place: Plane) -> Plane:
    """A soft triangle wave from -1 to 1 over the picture: (b, y, x)."""
    down = wave[:, 0, None, None] * place[:, None] + _over_pixels(wave[:, 2])
    phase = down + wave[:, 1, None, None] * place
    phase -= np.floor(phase)
    height = np.abs(phase * np.float32(4) - np.float32(2)) - np.float32(1)
    soft: Plane = height * (np.float32(1.5) - np.float32(0.5) * height * height)
    return soft


def _add_noise(canvas: Plane, keys: NDArray[Any], strength: Plane) -> None:
    """Add to every channel its own ten bits of a hash of the scene's key and the pixel's number.

    The hash is Christopher Wellons' lowbias32, https://nullprogram.com/blog/2018/07/31/
    """
    size = canvas.shape[-1]
    numbers = np.arange(size * size, dtype=np.uint32).reshape(size, size)
    bits: NDArray[Any] = keys[:, None, None] + numbers * np.uint32(0x9E3779B9)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        bits ^= bits >> np.uint32(shift)
        bits *= np.uint32(factor)
    scale = _over_pixels(strength * np.float32(2 / 1023))
    for channel in range(3):
        part = (bits >> np.uint32(10 * channel)) & np.uint32(1023)
        canvas[:, channel] += (part.astype(np.float32) - np.float32(511.5)) * scale


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
    place = _pixel_centres(size)
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
    shade = off_y * (slope * _over_pixels(light[:, 0])) + off_x * (
        slope * _over_pixels(light[:, 1])
    )
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
