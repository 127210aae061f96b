"""ConvMixer against the paper's counts, and what follows from convolutions alone."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.models import ConvMixer, ConvMixerBlock
from companion.parts import PatchGrid

GRID = PatchGrid(8, 2, 1)
SIZES = {"dim": 16, "depth": 2, "kernel_size": 3, "num_classes": 5}


def small_convmixer(**changes) -> ConvMixer:
    torch.manual_seed(0)
    return ConvMixer(GRID, **(SIZES | changes))


@pytest.mark.parametrize(
    ("dim", "depth", "kernel_size", "patch_size", "parameters"),
    [
        (1536, 20, 9, 7, 51_625_960),  # table 1: 51.6 M
        (768, 32, 7, 7, 21_110_248),  # 21.1 M
        (1024, 20, 9, 14, 24_383_464),  # 24.4 M
    ],
)
def test_published_parameter_counts(dim, depth, kernel_size, patch_size, parameters):
    with torch.device("meta"):
        model = ConvMixer(
            PatchGrid(224, patch_size),
            dim=dim,
            depth=depth,
            kernel_size=kernel_size,
            num_classes=1000,
        )
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_every_parameter_learns():
    model = small_convmixer()
    F.cross_entropy(model(torch.rand(3, 1, 8, 8)), torch.tensor([0, 1, 2])).backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_the_block_is_its_formula():
    torch.manual_seed(0)
    block, image = ConvMixerBlock(4, kernel_size=3).eval(), torch.randn(2, 4, 5, 5)
    for norm in (block.spatial[2], block.channel[2]):
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)

    def normalised(x, norm):
        scaled = (x - norm.running_mean[:, None, None]) / (norm.running_var + 1e-5).sqrt()[
            :, None, None
        ]
        return scaled * norm.weight[:, None, None] + norm.bias[:, None, None]

    depthwise, pointwise = block.spatial[0], block.channel[0]
    mixed = F.conv2d(image, depthwise.weight, depthwise.bias, padding=1, groups=4)
    middle = image + normalised(F.gelu(mixed), block.spatial[2])
    channels = torch.einsum("od,bdyx->boyx", pointwise.weight[:, :, 0, 0], middle)
    channels = channels + pointwise.bias[:, None, None]
    assert_close(block(image), normalised(F.gelu(channels), block.channel[2]))


def test_a_shift_by_whole_patches_shifts_its_features():
    """Away from the edge: convolutions know no places."""
    model = ConvMixer(PatchGrid(40, 2, 1), **SIZES).eval()
    image = torch.zeros(1, 1, 40, 40)
    image[..., 16:24, 16:24] = torch.rand(8, 8)
    shifted = image.roll((2, -4), dims=(2, 3))
    inner = (..., slice(5, 15), slice(5, 15))
    moved = model.features(image).roll((1, -2), dims=(2, 3))
    assert_close(model.features(shifted)[inner], moved[inner])


def test_images_of_any_size_come_if_patches_tile_them():
    model = small_convmixer()
    assert model(torch.rand(2, 1, 12, 6)).shape == (2, 5)
    with pytest.raises(ValueError, match="multiple of patch_size=2"):
        model(torch.rand(2, 1, 9, 8))


def test_it_overfits_one_batch(loss_after):
    assert loss_after(small_convmixer(), steps=100, rate=1e-2) < 0.05


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dim": 0}, "dim=0"),
        ({"depth": 0}, "depth=0"),
        ({"kernel_size": 0}, "kernel_size=0"),
        ({"num_classes": 0}, "num_classes=0"),
        ({"activation": "tanh"}, r"activation='tanh': choose from \['gelu', 'relu'\]"),
    ],
)
def test_bad_sizes_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        small_convmixer(**changes)


def test_relu_where_it_is_asked_for():
    kinds = {type(m) for m in small_convmixer(activation="relu").modules()}
    assert nn.ReLU in kinds
    assert nn.GELU not in kinds
