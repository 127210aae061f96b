"""What is in a scene and where: everything that its picture is drawn from.

Axes: n scenes, o objects (the first is the large one).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

MOST = 4
"""Objects in a scene at most; scenes with fewer have -1 in the places of the others."""

COLOURS = {
    "red": (0.84, 0.16, 0.17),
    "yellow": (0.96, 0.79, 0.16),
    "green": (0.13, 0.62, 0.30),
    "blue": (0.13, 0.36, 0.82),
    "purple": (0.58, 0.22, 0.70),
    "white": (0.95, 0.95, 0.93),
}
NODES = 5  # of the grid between which the background's colours blend

Floats = NDArray[Any]  # of float64
Wholes = NDArray[Any]  # of int64


class Layout(NamedTuple):
    """Everything that a picture is drawn from, at any size. Lengths are shares of its edge.

    Attributes:
        shapes: (n, o) indices into SHAPES, -1 where there is no object.
        colours: (n, o) indices into COLOURS, -1 where there is no object.
        areas: (n, o) share of the picture that an object takes.
        centres: (n, o, 2) as (y, x).
        turns: (n, o) tangents of half the angle by which an object is turned.
        ranks: (n, o) in which order objects are painted; later ones cover earlier ones.
        tints: (n, o, 3) what is added to an object's colour.
        blotches: (n, 3, NODES, NODES) the background's colours, each of mean 0.
        texture: (n, 10) two waves (direction y x, frequency, phase) and how both are mixed.
        light: (n, 3) where it comes from (y, x), and how strong it is.
        keys: (n,) what the noise of the pixels is made from.
    """

    shapes: Wholes
    colours: Wholes
    areas: Floats
    centres: Floats
    turns: Floats
    ranks: Wholes
    tints: Floats
    blotches: Floats
    texture: Floats
    light: Floats
    keys: NDArray[Any]

    def take(self, rows: Wholes) -> Layout:
        """The scenes in these rows."""
        return Layout(*(part[rows] for part in self))
