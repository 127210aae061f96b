"""Bands: what holds, what decides, and which bands are refused."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from companion.lessons import Band, at_least, at_most, between, close_to, equals
from companion.lessons.values import number, plain, rounded, standard_error


@pytest.mark.parametrize(
    ("band", "inside", "outside"),
    [
        (at_least(0.92), 0.92, 0.9199999),
        (at_most(3), 3, 3.0000001),
        (between(-1.0, 1.0), 1.0, -1.0000001),
        (close_to(1.0, 0.25), 1.25, 0.7499999),
        (equals(86_567_656), 86_567_656, 86_567_657),
        (equals(True), True, False),
        (equals("collapse"), "collapse", "Collapse"),
        (equals([101, 2023, 102]), [101, 2023, 102], [101, 2023, 103]),
        (equals(torch.tensor([1, 2])), [1, 2], [1, 2, 3]),
    ],
)
def test_a_band_holds_up_to_its_ends_and_no_further(band, inside, outside):
    assert band.holds(inside)
    assert not band.holds(outside)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: between(2.0, 1.0), "low=2 is above high=1"),
        (lambda: close_to(1.0, -0.1), "tolerance=-0.1 is negative"),
        (lambda: at_least(-math.inf), "proves nothing"),
        (lambda: at_most(math.inf), "proves nothing"),
        (lambda: between(-math.inf, math.inf), "proves nothing"),
        (lambda: close_to(0.0, math.inf), "proves nothing"),
        (lambda: Band(), "proves nothing"),
        (lambda: at_least(math.inf), "finite"),
        (lambda: at_least(math.nan), "finite"),
        (lambda: at_least("0.9"), r"finite numbers; got \['0.9'\]"),
        (lambda: at_most(True), r"finite numbers; got \[True\]"),
        (lambda: equals(math.nan), "nan"),
        (lambda: equals([]), "empty"),
    ],
)
def test_bands_that_prove_nothing_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    ("band", "values", "worst"),
    [
        (close_to(1.0, 0.1), torch.tensor([[1.0, 1.05], [0.92, 1.0]]), 0.92),
        (at_least(0.5), np.array([0.9, 0.6, 0.7]), 0.6),
        (at_most(0.5), [0.1, 0.4, 0.2], 0.4),
        (between(0.0, 10.0), (5.0, 9.5, 1.0), 9.5),
        (equals(4), torch.tensor([4, 4, 7]), 7),
        (equals(True), torch.tensor([True, False, True]), False),
        (equals(True), torch.tensor([True, True]), True),
    ],
)
def test_the_worst_element_decides(band, values, worst):
    found = band.worst(plain(values))
    assert found == pytest.approx(worst)
    assert band.holds(found) == band.holds(plain(values))


@pytest.mark.parametrize("value", ["0.95", True, [0.95, True], [[0.95], ["0.95"]]])
@pytest.mark.parametrize("band", [at_least(0.5), equals(1), between(0, 2)])
def test_a_band_of_numbers_judges_numbers_alone(band, value):
    assert not band.holds(value)
    with pytest.raises(ValueError, match=r"1 of \d values are no numbers.*claim equals"):
        band.worst(value)


@pytest.mark.parametrize(
    "measured",
    [
        *(None, math.nan, math.inf, [], torch.empty(0), np.array([1.0, np.nan])),
        *(torch.tensor([0.0, -math.inf]), [[1.0], []], 1 + 2j, object()),
    ],
)
def test_what_is_no_measurement_is_refused(measured):
    with pytest.raises(ValueError, match="measured"):
        plain(measured)


def test_measurements_become_python_values():
    assert plain(torch.tensor(0.5, requires_grad=True)) == 0.5
    assert plain(np.float64(0.25)) == 0.25
    assert type(plain(np.int64(3))) is int
    assert plain((torch.tensor(1), "a", True)) == [1, "a", True]


@given(
    value=st.floats(-1e6, 1e6),
    low=st.floats(-1e6, 1e6),
    width=st.floats(0, 1e3),
    unit=st.sampled_from(["", "%", "s"]),
)
def test_rounding_never_changes_the_verdict(value, low, width, unit):
    band = between(low, low + width)
    assert band.holds(rounded(value, band)) == band.holds(value)
    assert rounded(rounded(value, band), band) == rounded(value, band)


@pytest.mark.parametrize(
    ("share", "n", "error"),
    [
        (0.5, 100, 0.05),
        (0.9, 400, 0.015),
        (1.0, 99, 0.01),
        (0.0, 1, 0.5),
        (plain(torch.tensor([1.0] * 2_000 + [0.0]).mean()), 2_001, 0.0005),
    ],
)
def test_the_standard_error_of_a_share(share, n, error):
    assert standard_error(share, n) == pytest.approx(error, rel=1e-3)


@given(n=st.integers(1, 10_000), share=st.floats(0, 1))
def test_no_share_is_without_error(n, share):
    successes = round(share * n)
    error = standard_error(successes / n, n)
    assert 0 < error <= 0.5
    assert error == pytest.approx(standard_error((n - successes) / n, n))


@pytest.mark.parametrize(
    ("share", "n", "words"),
    [
        (0.5, 0, "n=0"),
        (0.5, 10.0, r"n=10\.0"),
        (0.5, True, "n=True"),
        (1.01, 100, r"measured=1\.01 is no share"),
        (-0.1, 10, r"measured=-0\.1 is no share"),
        (True, 10, "measured=True is no share"),
        ([0.5], 10, "is no share"),
        (0.955, 100, "100 trials cannot give a share of 0.955, which is 95.5 of them"),
    ],
)
def test_what_is_no_share_of_trials_is_refused(share, n, words):
    with pytest.raises(ValueError, match=words):
        standard_error(share, n)


@pytest.mark.parametrize(
    ("value", "unit", "band", "text"),
    [
        (0.94222, "", None, "0.9422"),
        (0.9422, "%", None, "94.22 %"),
        (86_567_656, "", None, "86,567,656"),
        (12_345.678, "s", None, "12,346 s"),
        (1234.56, "", None, "1,235"),
        (0.0000123456, "", None, "1.235e-05"),
        (1.0, "", None, "1"),
        (True, "", None, "True"),
        ([1, 2.5], "", None, "[1, 2.5]"),
        (list(range(40)), "", None, "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (40 in all)]"),
        (0.91999, "", at_least(0.92), "0.91999"),
        (0.919999, "%", at_least(0.92), "91.9999 %"),
    ],
)
def test_numbers_are_written_for_people(value, unit, band, text):
    assert number(value, unit, band) == text


@pytest.mark.parametrize(
    ("band", "unit", "text"),
    [
        (at_least(0.985), "%", "at least 98.5 %"),
        (at_most(2), "s", "at most 2 s"),
        (between(0, 1), "", "between 0 and 1"),
        (close_to(1.0, 1e-5), "", "within 1e-05 of 1"),
        (equals(5_717_416), "", "equal to 5,717,416"),
        (equals("yes"), "", "equal to yes"),
    ],
)
def test_bands_are_described_in_words(band, unit, text):
    assert band.describe(unit) == text
