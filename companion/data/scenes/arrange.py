"""Layouts of scenes, drawn from a seed: the same on every machine.

Only raw bits of NumPy's PCG64 are used, whose stream never changes, and exact operations on them.

Axes: n scenes, o objects (the first is the large one), t tries for a place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from companion.data.scenes.layout import MOST, NODES, Floats, Layout, Wholes
from companion.data.scenes.shapes import SHAPES

LARGE, SMALL = 0.098, 0.040  # share of the picture
VARIATION = 0.12  # by which an area differs at most, as a share of it
TRIES = 24
# Objects come no nearer than this share of the sum of their radii (those of discs of their areas).
NEAREST = 0.70
# By how much the larger of |dx| and |dy| leads, of the picture's edge, where a relation is clear.
CLEAR = 0.1


class Columns:
    """Uniform numbers in [0, 1), `each` of them for every scene, handed out column by column."""

    def __init__(self, seeds: tuple[int, ...], *, count: int, each: int) -> None:
        raw = np.random.PCG64(np.random.SeedSequence(seeds)).random_raw(count * each)
        # The highest 53 bits, as every generator makes its doubles.
        self.numbers = (raw >> np.uint64(11)).reshape(count, each) * 2.0**-53
        self.used = 0

    def __call__(self, *shape: int) -> Floats:
        """The next columns: (n, *shape)."""
        size = int(np.prod(shape))
        part = self.numbers[:, self.used : self.used + size]
        self.used += size
        return part.reshape(len(part), *shape)


EACH = 1 + 1 + 2 * len(SHAPES) + 3 * MOST + 2 * MOST * TRIES + 3 * MOST + 3 * NODES**2 + 10 + 3 + 1


def draw_layout(count: int, *, seeds: tuple[int, ...], objects: tuple[int, int]) -> Layout:
    """The first `count` scenes of a seed, each with `objects` from the least to the most.

    Of every six scenes in a row, each shape is the large one's once.
    """
    kinds = len(SHAPES)
    whole = -(-count // kinds) * kinds
    draw = Columns(seeds, count=whole, each=EACH)
    fewest, most = objects
    present = np.arange(MOST) < fewest + (draw()[:, None] * (most - fewest + 1)).astype(np.int64)
    label = _order(draw().reshape(-1, kinds)).reshape(whole, 1)
    keys = draw(kinds)
    np.put_along_axis(keys, label, -1.0, axis=1)
    shapes = _order(keys)[:, :MOST]
    colours = _order(draw(kinds))[:, :MOST]
    ranks = _order(draw(MOST))
    sizes = np.array([LARGE] + [SMALL] * (MOST - 1))
    areas = sizes * (1 + VARIATION * (2 * draw(MOST) - 1))
    reaches = np.array([shape.reach for shape in SHAPES.values()])[shapes] * np.sqrt(areas)
    centres = _places(draw(MOST, TRIES, 2), reaches, areas, present)
    layout = Layout(
        shapes=np.where(present, shapes, -1),
        colours=np.where(present, colours, -1),
        areas=areas,
        centres=centres,
        turns=0.26 * (draw(MOST) - 0.5),
        ranks=ranks,
        tints=0.14 * (draw(MOST, 3) - 0.5),
        blotches=_centred(0.36 * (draw(3, NODES, NODES) - 0.5)),
        texture=_texture(draw(10)),
        light=np.concatenate([2 * draw(2) - 1, draw(1)], axis=1),
        keys=(draw() * 2.0**32).astype(np.uint32),
    )
    return layout.take(np.arange(count))


def _order(keys: Floats) -> Wholes:
    return np.argsort(keys, axis=-1, kind="stable").astype(np.int64)


def _places(tries: Floats, reaches: Floats, areas: Floats, present: NDArray[np.bool_]) -> Floats:
    """Centres (n, o, 2): of each object the first try that suits those before, or the best."""
    margins = reaches[:, :, None, None] + 0.01
    tries = margins + tries * (1 - 2 * margins)
    radii = np.sqrt(areas / 3.141592653589793)
    rows = np.arange(len(tries))
    centres = tries[:, :, 0].copy()
    for new in range(1, tries.shape[1]):
        suits = np.full(tries.shape[0:1] + tries.shape[2:3], 1.0)
        for old in range(new):
            off = tries[:, new] - centres[:, None, old]
            far = np.sqrt(off[..., 0] * off[..., 0] + off[..., 1] * off[..., 1])
            near = far / (NEAREST * (radii[:, None, new] + radii[:, None, old]))
            suits = np.where(present[:, None, old], np.minimum(suits, near), suits)
            if (old, new) == (0, 1):
                lead = np.abs(np.abs(off[..., 0]) - np.abs(off[..., 1]))
                suits = np.minimum(suits, lead / CLEAR)
        # The first of the best: 1.0 is as good as it gets.
        centres[:, new] = tries[rows, new, np.argmax(suits, axis=1)]
    return centres


def _centred(grid: Floats) -> Floats:
    """(n, 3, y, x) less its mean over y and x, added up one by one: sums may round otherwise."""
    total = np.zeros(grid.shape[:2])
    for row in range(NODES):
        for column in range(NODES):
            total = total + grid[:, :, row, column]
    return grid - (total / NODES**2)[:, :, None, None]


def _texture(draws: Floats) -> Floats:
    """Two waves, and how strongly the first, the second and their product show."""
    texture = np.empty_like(draws)
    for start in (0, 3):
        along = 2 * draws[:, start] - 1
        square = 1 + along * along
        frequency = 3 + 4 * draws[:, start + 1]
        texture[:, start] = frequency * (1 - along * along) / square
        texture[:, start + 1] = frequency * 2 * along / square
        texture[:, start + 2] = draws[:, start + 2]
    # Plain, stripes, a weave, checks; plain in a quarter of the scenes.
    kind = (4 * draws[:, 6]).astype(np.int64)
    mix = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.6, 0.6, 0.0], [0.0, 0.0, 1.0]])[kind]
    texture[:, 6:9] = mix * (0.03 + 0.06 * draws[:, 7:8])
    texture[:, 9] = 0.03 + 0.03 * draws[:, 9]  # the strength of the noise
    return texture
