"""The query's walk keeps one scale, and refuses what is not on its grid."""

import pytest
import torch

from companion import viz

ROWS = torch.full((4, 2, 2), 0.25)
MASKS = torch.ones(1, 8, 8, dtype=torch.bool)


def test_a_walk_has_a_frame_a_step():
    walk = viz.animate_walk(ROWS, MASKS, [(0, 0), (1, 1)], still=(0, 1), description="two steps")
    assert walk.frames == 2


def test_a_strong_map_makes_the_others_pale():
    strong = ROWS.clone()
    strong[3] = 4 * strong[3]
    steps = [(0, 0), (1, 1)]
    alone = viz.animate_walk(ROWS, MASKS, steps, still=(0, 0), description="alike")
    beside = viz.animate_walk(strong, MASKS, steps, still=(0, 0), description="one strong")
    assert alone.still != beside.still


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="a map a patch"):
        viz.animate_walk(ROWS[:3], MASKS, [(0, 0)], still=(0, 0), description="too few")
    with pytest.raises(ValueError, match="not on a grid of 2x2"):
        viz.animate_walk(ROWS, MASKS, [(0, 2)], still=(0, 0), description="beyond")
