"""What patches take from afar, by maps of which the answer is known."""

import pytest
import torch
from torch.testing import assert_close

from companion.inspection import patch_distances, taken_from_afar

APART = patch_distances(4, 4, patch_size=1)
COVERED = (torch.arange(16) < 8).float()[None]  # the upper half


def test_even_looks_take_what_chance_gives():
    for part in taken_from_afar(torch.full((1, 16, 16), 1 / 16), COVERED, APART, beyond=1.5):
        assert_close(part, torch.ones(1))


def test_two_patterns_are_told_from_one():
    thing = COVERED[0] > 0.5
    two = (thing[:, None] == thing[None]).float()[None]
    own = taken_from_afar(two, COVERED, APART, beyond=1.5)
    assert own.thing_from_thing > 1.5
    assert own.ground_from_ground > 1.5
    assert_close(own.ground_from_thing, torch.zeros(1))
    one = thing.float().expand(1, 16, 16)  # all look at the thing
    own = taken_from_afar(one, COVERED, APART, beyond=1.5)
    assert own.ground_from_thing > 1.3
    assert_close(own.ground_from_ground, torch.zeros(1))


def test_what_is_near_does_not_count():
    weights = torch.rand(1, 16, 16)
    nearer = weights + 5 * (APART <= 1.5)
    for one, other in zip(
        taken_from_afar(weights, COVERED, APART, beyond=1.5),
        taken_from_afar(nearer, COVERED, APART, beyond=1.5),
        strict=True,
    ):
        assert_close(one, other)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="without prefix tokens"):
        taken_from_afar(torch.rand(1, 17, 17), COVERED, APART, beyond=1)
