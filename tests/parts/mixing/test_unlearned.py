"""A shift against indices, a Fourier transform against its sum, and nothing."""

import math

import pytest
import torch
from torch.testing import assert_close

from companion.parts import FourierMixing, NoMixing, PatchGrid, ShiftMixing

GRID = PatchGrid(6, 2, 1)


def test_a_quarter_each_comes_from_left_right_above_and_below():
    tokens = torch.arange(1.0, 10.0).reshape(1, 9, 1).expand(1, 9, 9)  # 1 to 9, row by row
    shifted = ShiftMixing(GRID)(tokens)[0].reshape(3, 3, 9)
    left, right, above, below = (shifted[..., 2 * i] for i in range(4))
    assert left.tolist() == [[0, 1, 2], [0, 4, 5], [0, 7, 8]]
    assert right.tolist() == [[2, 3, 0], [5, 6, 0], [8, 9, 0]]
    assert above.tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6]]
    assert below.tolist() == [[4, 5, 6], [7, 8, 9], [0, 0, 0]]
    for i in range(4):
        assert_close(shifted[..., 2 * i], shifted[..., 2 * i + 1])  # two channels a quarter
    assert shifted[..., 8].flatten().tolist() == list(range(1, 10))  # the ninth stays


def test_the_transform_is_the_sum_written_out():
    torch.manual_seed(0)
    tokens = torch.randn(1, 3, 4, dtype=torch.double)
    expected = torch.zeros(3, 4, dtype=torch.double)
    for u in range(3):
        for v in range(4):
            for n in range(3):
                for d in range(4):
                    angle = 2 * math.pi * (u * n / 3 + v * d / 4)
                    expected[u, v] += tokens[0, n, d] * math.cos(angle)
    assert_close(FourierMixing()(tokens)[0], expected / math.sqrt(12))


def test_half_precision_goes_in_and_comes_out():
    assert FourierMixing()(torch.rand(1, 3, 4, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_none_of_them_has_anything_to_learn():
    for layer in (ShiftMixing(GRID), FourierMixing(), NoMixing()):
        assert not layer.state_dict()
    assert_close(NoMixing()(torch.rand(2, 9, 3)), torch.zeros(2, 9, 3))


def test_another_number_of_tokens_is_refused():
    with pytest.raises(ValueError, match=r"this layer takes \(batch, 9, dim\)"):
        ShiftMixing(GRID)(torch.rand(1, 8, 4))
