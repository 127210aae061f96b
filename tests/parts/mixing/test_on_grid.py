"""Tokens laid out as an image, and the depthwise convolution over them."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.parts import AsTokens, DepthwiseConvolution, OnGrid, PatchGrid, to_patches

GRID = PatchGrid(6, 2, 1)


def test_a_layer_sees_the_patches_where_they_stand():
    """Turning the map over turns the image over: the order is that of `to_patches`."""

    class Flip(nn.Module):
        def forward(self, image):
            return image.flip(2, 3)

    images = torch.rand(2, 1, 6, 6)
    whole_patches = to_patches(images, 2)
    flipped = OnGrid(GRID, Flip())(whole_patches)
    assert_close(flipped, whole_patches.flip(1))


def test_each_channel_is_correlated_with_its_own_kernel():
    torch.manual_seed(0)
    layer, tokens = DepthwiseConvolution(GRID, 4, kernel_size=3), torch.randn(2, 9, 4)
    mixed = layer(tokens)
    kernel, bias = layer.layer.weight, layer.layer.bias
    for channel in range(4):
        padded = F.pad(tokens[..., channel].reshape(2, 3, 3), (1, 1, 1, 1))
        for y in range(3):
            for x in range(3):
                window = padded[:, y : y + 3, x : x + 3]
                expected = (window * kernel[channel, 0]).sum(dim=(1, 2)) + bias[channel]
                assert_close(mixed[:, 3 * y + x, channel], expected)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"\(2, 8, 4\): this layer takes \(batch, 9, dim\)"):
        DepthwiseConvolution(GRID, 4, kernel_size=3)(torch.rand(2, 8, 4))
    with pytest.raises(ValueError, match="kernel_size=0"):
        DepthwiseConvolution(GRID, 4, kernel_size=0)


def test_the_other_way_undoes_it():
    """A layer over tokens sees the places of an image in reading order, in any grid."""
    torch.manual_seed(0)
    image = torch.randn(2, 4, 3, 5)

    class Turn(nn.Module):
        def forward(self, tokens):
            return tokens.flip(1)

    assert_close(AsTokens(Turn())(image), image.flip(2, 3))
    layer, tokens = nn.Conv2d(4, 4, 3, padding=1), torch.randn(2, 9, 4)
    there_and_back = OnGrid(GRID, AsTokens(OnGrid(GRID, layer)))
    assert_close(there_and_back(tokens), OnGrid(GRID, layer)(tokens))


def test_a_linear_map_of_tokens_is_a_convolution_of_one_by_one():
    torch.manual_seed(0)
    linear, image = nn.Linear(4, 4), torch.randn(2, 4, 3, 5)
    same = F.conv2d(image, linear.weight[:, :, None, None], linear.bias)
    assert_close(AsTokens(linear)(image), same)
