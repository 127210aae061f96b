"""What every check asks of an attempt, whatever its types."""

import pytest
import torch

from companion.exercises.attempts import near, require_count, require_equal, require_shape
from companion.lessons import Mistake

RIGHT = torch.tensor([1.0, 2.0, 3.0])
LIKELY = {"Turned round.": RIGHT.flip(0), "Zeros.": torch.zeros(3), "Too late.": RIGHT.flip(0)}


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (RIGHT.flip(0).double(), "^In short: Turned round"),
        (torch.zeros(3, dtype=torch.bool), "^In short: Zeros"),
        (torch.full((3,), torch.nan), "^In short: Something else"),
        (RIGHT.half() + 1, "^In short: Something else"),
    ],
)
def test_the_first_mistake_that_fits_is_named(got, words):
    with pytest.raises(Mistake, match=words):
        require_equal(got, RIGHT, LIKELY, "Something else.", case="In short: ")


@pytest.mark.parametrize("right", [RIGHT, RIGHT.double(), RIGHT.int(), RIGHT + 1e-6])
def test_the_right_values_are_right_in_every_type(right):
    require_equal(right, RIGHT, LIKELY, "Something else.")


def test_near_is_no_broadcast():
    assert not near(torch.ones(1), torch.ones(3))
    assert near(torch.ones(3), torch.ones(3) + 1e-3, atol=1e-2)
    assert not near(torch.ones(3), torch.ones(3) + 1e-3)


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (torch.ones(2, 3), r"Expected shape \(3,\), got \(2, 3\)"),
        ([1.0], r"Expected shape \(3,\), got list"),
    ],
)
def test_another_shape_is_refused_with_both(got, words):
    with pytest.raises(Mistake, match=words):
        require_shape(got, torch.Size([3]))


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (1_990, "1,990 for dim=4 is 10 too few: look at the biases"),
        (2_010, "2,010 for dim=4 is 10 too many: look at the biases"),
        (2_020, "20 too many: look at the tied matrix"),
        (1_980, "20 too few: look at a layer's parameters, by name"),
    ],
)
def test_a_wrong_count_is_told_what_has_as_many(got, words):
    require_count(2_000, 2_000, {}, "dim=4", "a layer")
    likely = {10: "the biases", -20: "the tied matrix"}
    with pytest.raises(Mistake, match=words):
        require_count(got, 2_000, likely, "dim=4", "a layer")
