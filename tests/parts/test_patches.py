"""Cutting is lossless, and embedding patches is the convolution of the paper."""

import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.parts import PatchEmbed, PatchGrid, from_patches, to_patches

grids = st.builds(
    lambda rows, patch, channels: PatchGrid(rows * patch, patch, channels),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(1, 4),
)


@given(grids)
def test_cutting_and_joining_changes_nothing(grid):
    images = torch.randn(2, grid.channels, grid.image_size, grid.image_size)
    patches = to_patches(images, grid.patch_size)
    assert patches.shape == (2, grid.num_patches, grid.patch_dim)
    assert torch.equal(from_patches(patches, grid), images)


@given(grids)
def test_patches_are_those_of_torch_unfold(grid):
    images = torch.randn(2, grid.channels, grid.image_size, grid.image_size)
    unfolded = F.unfold(images, grid.patch_size, stride=grid.patch_size)
    assert torch.equal(to_patches(images, grid.patch_size), unfolded.transpose(1, 2))


def test_embedding_equals_the_strided_convolution():
    torch.manual_seed(0)
    embed = PatchEmbed(PatchGrid(8, 2, 3), 5)
    convolution = nn.Conv2d(3, 5, kernel_size=2, stride=2)
    convolution.weight.data = embed.projection.weight.data.view(5, 3, 2, 2)
    convolution.bias.data = embed.projection.bias.data
    images = torch.randn(2, 3, 8, 8)
    expected = convolution(images).flatten(2).transpose(1, 2)
    assert_close(embed(images), expected)


@given(st.integers(1, 40), st.integers(1, 40))
def test_a_grid_tiles_the_image_or_is_refused(image_size, patch_size):
    if image_size % patch_size:
        with pytest.raises(ValueError, match=f"image_size={image_size}.*patch_size={patch_size}"):
            PatchGrid(image_size, patch_size)
    else:
        assert PatchGrid(image_size, patch_size).num_patches == (image_size // patch_size) ** 2


@given(st.integers(-5, 0), st.sampled_from(["image_size", "patch_size", "channels"]))
def test_sizes_below_one_are_refused(size, name):
    with pytest.raises(ValueError, match=f"{name}={size}"):
        PatchGrid(**({"image_size": 8, "patch_size": 2, "channels": 1} | {name: size}))


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.zeros(1, 8, 8), r"shape \(1, 8, 8\).*images\[None\]"),
        (torch.zeros(8, 8), r"shape \(8, 8\).*four axes"),
        ([[0.0]], r"images are a list: give a tensor of shape \(batch, 1, 8, 8\)"),
        (torch.zeros(2, 3, 8, 8), r"shape \(2, 3, 8, 8\).*\(batch, 1, 8, 8\)"),
        (torch.zeros(2, 1, 8, 10), r"shape \(2, 1, 8, 10\)"),
        (torch.zeros(2, 1, 8, 8, dtype=torch.uint8), r"torch.uint8.*/ 255"),
        (torch.zeros(2, 1, 8, 8, dtype=torch.double), r"float64.*images.to\(torch.float32\)"),
    ],
)
def test_images_of_the_wrong_kind_are_refused(images, words):
    with pytest.raises(ValueError, match=words):
        PatchEmbed(PatchGrid(8, 2, 1), 4)(images)


def test_autocast_may_feed_half_precision_images():
    embed = PatchEmbed(PatchGrid(8, 2, 1), 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert embed(torch.zeros(1, 1, 8, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_cutting_refuses_what_does_not_tile():
    with pytest.raises(ValueError, match="8x9 images are not divisible by patch_size=2"):
        to_patches(torch.zeros(1, 1, 8, 9), 2)
    with pytest.raises(ValueError, match=r"\(1, 15, 4\)"):
        from_patches(torch.zeros(1, 15, 4), PatchGrid(8, 2, 1))


@pytest.mark.parametrize("shape", [(8, 8), (1, 8, 8), (1, 1, 1, 8, 8)])
def test_cutting_refuses_another_number_of_axes(shape):
    with pytest.raises(ValueError, match=r"8, 8\): expected four axes.*images\[None\]"):
        to_patches(torch.zeros(shape), 2)


@pytest.mark.parametrize("shape", [(16, 4), (1, 1, 16, 4)])
def test_joining_refuses_another_number_of_axes(shape):
    with pytest.raises(ValueError, match=r"16, 4\): the grid needs \(batch, 16, 4\)"):
        from_patches(torch.zeros(shape), PatchGrid(8, 2, 1))
