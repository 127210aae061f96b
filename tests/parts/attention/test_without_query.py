"""Controls in the place of an attention: deaf to the question, and what they answer."""

import pytest
import torch
from torch.testing import assert_close

from companion.parts import EvenAttention, FixedAttention


def asked_twice(layer, values, mask=None):
    memory = layer.encode(values, mask)
    first, second = (layer(torch.randn(2, 5), memory) for _ in range(2))
    assert_close(first, second, rtol=0, atol=0)
    return first


def test_even_is_the_mean_of_what_counts_whatever_is_asked():
    torch.manual_seed(0)
    values = torch.randn(2, 6, 3)
    assert_close(asked_twice(EvenAttention(), values), values.mean(dim=1))
    mask = torch.zeros(2, 6, dtype=torch.bool)
    mask[1, 4:] = True
    answer = asked_twice(EvenAttention(), values, mask)
    assert_close(answer[1], values[1, :4].mean(dim=0))
    assert_close(answer[0], values[0].mean(dim=0))


def test_even_weights_pass_the_tap():
    layer, heard = EvenAttention(), []
    layer.tap.register_forward_hook(lambda _tap, _given, weights: heard.append(weights))
    asked_twice(layer, torch.randn(2, 8, 3))
    assert_close(heard[0], torch.full((2, 1, 1, 8), 1 / 8))


def test_fixed_weighs_each_number_by_place():
    torch.manual_seed(0)
    layer, values = FixedAttention(keys=6, value_dim=3), torch.randn(2, 6, 3)
    assert sum(p.numel() for p in layer.parameters()) == 18
    answer = asked_twice(layer, values)
    assert_close(answer, (values * layer.places).sum(dim=1))
    assert not torch.allclose(answer, asked_twice(layer, values.flip(1)))


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 6, 4), (6, 3)])
def test_fixed_refuses_another_shape(shape):
    with pytest.raises(ValueError, match="values have shape"):
        FixedAttention(keys=6, value_dim=3).encode(torch.zeros(shape))


def test_fixed_refuses_padding_and_sizes_below_one():
    mask = torch.zeros(1, 6, dtype=torch.bool)
    mask[0, 5] = True
    with pytest.raises(ValueError, match="none of them padding"):
        FixedAttention(keys=6, value_dim=3).encode(torch.zeros(1, 6, 3), mask)
    with pytest.raises(ValueError, match="keys=0"):
        FixedAttention(keys=0, value_dim=3)
