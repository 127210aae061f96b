"""The shapes of scenes as signed distances: negative inside, zero on the edge.

All shapes have area 1 and are centred, so that no area tells them apart; y points down. Only exact
operations are used (sums, products, quotients, square roots), which every processor rounds alike.

Axes: m objects, y x pixels.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]  # of float32


class Shape(NamedTuple):
    """A shape of area 1: distance (m, y, x) of points from its edge, and its farthest point."""

    distance: Callable[[Plane, Plane], Plane]
    reach: float


def circle(x: Plane, y: Plane) -> Plane:
    """A disc."""
    return np.sqrt(x * x + y * y) - np.float32(0.5641896)


def square(x: Plane, y: Plane) -> Plane:
    """A square with level sides."""
    return np.maximum(np.abs(x), np.abs(y)) - np.float32(0.5)


def triangle(x: Plane, y: Plane) -> Plane:
    """An equilateral triangle that points up."""
    slope = np.float32(0.8660254) * np.abs(x) - np.float32(0.5) * y
    return np.maximum(slope, y) - np.float32(0.4386913)


def star(x: Plane, y: Plane) -> Plane:
    """A star of five points, its inner corners at 0.45 of the outer.

    Two reflections fold the plane into the wedge of half a point, whose one edge is a line.
    Source: Inigo Quilez, https://iquilezles.org/articles/distfunctions2d/
    """
    cosine, sine = np.float32(0.80901699), np.float32(0.58778525)
    x, y = np.abs(x), -y
    over = np.float32(2) * np.maximum(cosine * x - sine * y, np.float32(0))
    x, y = x - over * cosine, y + over * sine
    over = np.float32(2) * np.maximum(-cosine * x - sine * y, np.float32(0))
    x, y = np.abs(x + over * cosine), y + over * sine
    # From the outer point (0, 0.8695597) to the inner corner 0.3913 (sine, cosine).
    across, down = np.float32(0.2300015), np.float32(-0.5529898)
    length = np.float32(0.5989144)
    return ((y - np.float32(0.8695597)) * across - x * down) / length


def cross(x: Plane, y: Plane) -> Plane:
    """An upright cross with arms as wide as 0.36 of its width."""
    x, y = np.abs(x), np.abs(y)
    arm, half = np.float32(0.65072), np.float32(0.23426)
    return np.minimum(np.maximum(x - arm, y - half), np.maximum(x - half, y - arm))


def heart(x: Plane, y: Plane) -> Plane:
    """A square on its corner, with half a disc on each of its two upper sides."""
    x, y = np.abs(x), y - np.float32(0.0548)
    half, centre = np.float32(0.3742), np.float32(0.2646)
    lozenge = (x + np.abs(y)) * np.float32(0.70710678) - half
    right, down = x - centre, y + centre
    return np.minimum(lozenge, np.sqrt(right * right + down * down) - half)


SHAPES = {
    "circle": Shape(circle, 0.5642),
    "square": Shape(square, 0.7072),
    "triangle": Shape(triangle, 0.8774),
    "star": Shape(star, 0.8696),
    "cross": Shape(cross, 0.6917),
    "heart": Shape(heart, 0.7500),
}
