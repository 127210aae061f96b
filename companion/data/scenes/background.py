"""What a scene stands before, in NumPy.

Only exact operations are used, so that a picture has the same bits on every machine.

Axes: b scenes of a chunk, c channels, y x pixels.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion.data.scenes.layout import NODES, Layout

Plane = NDArray[Any]  # of float32


def background(part: Layout, size: int) -> Plane:
    """Grey on average: blotches of colour, a texture, noise, light from one side: (b, 3, y, x)."""
    place = pixel_centres(size)
    canvas = _blend(_blend(part.blotches.astype(np.float32), place).swapaxes(2, 3), place)
    canvas = canvas.swapaxes(2, 3)
    texture = part.texture.astype(np.float32)
    first = _wave(texture[:, 0:3], place)
    second = _wave(texture[:, 3:6], place)
    plain = first * over_pixels(texture[:, 6]) + second * over_pixels(texture[:, 7])
    plain += first * second * over_pixels(texture[:, 8])
    light = part.light.astype(np.float32)
    middle = place - np.float32(0.5)
    strength = light[:, 2] * np.float32(0.35)
    down = (strength * light[:, 0])[:, None, None] * middle[:, None]
    plain += down + (strength * light[:, 1])[:, None, None] * middle
    plain += np.float32(0.5)
    canvas += plain[:, None]
    _add_noise(canvas, part.keys, texture[:, 9])
    return canvas


def pixel_centres(size: int) -> Plane:
    """Where the pixels of a row or a column lie, as shares of the picture's edge: (size,)."""
    return (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size)


def over_pixels(values: Plane) -> Plane:
    """A value for each scene, ready to be combined with all of its pixels: (b,) -> (b, 1, 1)."""
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
    down = wave[:, 0, None, None] * place[:, None] + over_pixels(wave[:, 2])
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
    scale = over_pixels(strength * np.float32(2 / 1023))
    for channel in range(3):
        part = (bits >> np.uint32(10 * channel)) & np.uint32(1023)
        canvas[:, channel] += (part.astype(np.float32) - np.float32(511.5)) * scale
