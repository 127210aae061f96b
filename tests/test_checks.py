import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from companion.checks import require_fraction, require_number, require_positive, require_seed

NO_NUMBERS = st.sampled_from([None, "1", True, False, 1j, [1]])


@given(st.integers(1, 2**40))
def test_whole_numbers_from_1_are_sizes(number: int) -> None:
    require_positive(size=number, other=np.int64(number))


@given(st.integers(max_value=0) | st.floats() | NO_NUMBERS)
def test_what_is_no_size_is_named(number: object) -> None:
    with pytest.raises(ValueError, match=r"^dim=.*: give a whole number of at least 1$"):
        require_positive(depth=1, dim=number)


def test_all_wrong_sizes_are_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"^dim=0, heads=-1: give a whole number of at least 1$"):
        require_positive(dim=0, depth=2, heads=-1)


@given(st.integers(max_value=-1) | st.floats() | NO_NUMBERS)
def test_what_is_no_seed_is_refused(seed: object) -> None:
    require_seed(0)
    require_seed(np.int32(3))
    with pytest.raises(ValueError, match=r"^seed=.*: give 0, 1, 2, \.\.\.$"):
        require_seed(seed)


@pytest.mark.parametrize(
    ("bounds", "right", "wrong", "asked"),
    [
        ({"least": 0.0}, (0, 5.5), (-0.1,), "at least 0"),
        ({"above": 0.0}, (1e-9, 5), (0, 0.0, -1), "above 0"),
        (
            {"least": 0.0, "most": 1.0},
            (0, 1, Fraction(1, 3)),
            (-1, 1.1),
            "at least 0 and at most 1",
        ),
        ({"least": 0.0, "below": 1.0}, (0, np.float32(0.5)), (1, 1.0), "at least 0 and below 1"),
    ],
)
def test_numbers_have_bounds(bounds, right, wrong, asked) -> None:
    for value in right:
        require_number(**bounds, rate=value)
    for value in (*wrong, math.nan, math.inf, "0.5", None, True):
        with pytest.raises(ValueError, match=f"^rate=.*: give a finite number {asked}$"):
            require_number(**bounds, rate=value)


@given(st.floats(0, 1, exclude_max=True))
def test_a_fraction_is_less_than_1(value: float) -> None:
    require_fraction(dropout=value)
    with pytest.raises(ValueError, match=r"^dropout=.*at least 0 and below 1"):
        require_fraction(dropout=value + 1)
