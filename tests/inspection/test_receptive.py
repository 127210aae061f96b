"""The receptive field of a cell: a convolution's as computed by hand."""

import pytest
import torch
from torch import nn

from companion.inspection import pixels_seen
from companion.models import aligned_encoder


def test_a_convolution_s_field_is_what_it_should_be():
    torch.manual_seed(0)
    seen = pixels_seen(nn.Conv2d(3, 2, 3, stride=2, padding=1), 4, 8)
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[3:6, 3:6] = True
    assert torch.equal(seen, expected)


def test_an_aligned_cell_sees_sixteen_pixels():
    torch.manual_seed(0)
    seen = pixels_seen(aligned_encoder(dim=8).eval(), 8, 32)
    assert (seen.any(dim=0).sum(), seen.any(dim=1).sum()) == (16, 16)


def test_sizes_below_one_are_refused():
    with pytest.raises(ValueError, match="grid=0"):
        pixels_seen(nn.Identity(), 0, 8)
