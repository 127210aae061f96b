"""The models that chapter 8 compares, of about as many parameters, before training."""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from companion.models import ConvMixer, ConvMixerBlock, Hybrid, MLPMixer, ResNet
from companion.parts import (
    AsTokens,
    LearnedPositions,
    MultiHeadAttention,
    PatchGrid,
    TokenMLP,
)

DIM, DEPTH, KERNEL, PATCH, CLASSES = 64, 4, 5, 4, 6
GRID = PatchGrid(32, PATCH)
Model = Callable[[], nn.Module]


def with_mixer(model: ConvMixer, layer: Callable[[], nn.Module]) -> ConvMixer:
    """A ConvMixer whose depthwise convolutions give way to layers over tokens, (b, n, d) alike.

    All else stays: patches, activations, norms, sums, the 1x1 convolutions and the mean.
    """
    for block in model.modules():
        if isinstance(block, ConvMixerBlock):
            block.spatial[0] = AsTokens(layer())
    return model


def with_positions(model: ConvMixer, dim: int) -> ConvMixer:
    """A ConvMixer in which each patch is told its place by a learned vector, as in a ViT."""
    model.embed.append(AsTokens(LearnedPositions(model.grid.num_patches, dim)))
    return model


def channels_last(model: nn.Module) -> nn.Module:
    """The same model with the channels of each place side by side in memory."""
    nn.utils.convert_conv2d_weight_memory_format(model, torch.channels_last)
    return model


def convmixer(
    *, dim: int = DIM, depth: int = DEPTH, kernel_size: int = KERNEL, patch_size: int = PATCH
) -> nn.Module:
    """A ConvMixer for scenes of 32 x 32 pixels and six classes."""
    grid = PatchGrid(GRID.image_size, patch_size)
    return channels_last(
        ConvMixer(grid, dim=dim, depth=depth, kernel_size=kernel_size, num_classes=CLASSES)
    )


def vit() -> nn.Module:
    """Two blocks of attention and MLP, learned positions; the mean of all tokens is read."""
    return Hybrid(GRID, blocks="aa", dim=32, heads=4, num_classes=CLASSES)


def mlp_mixer() -> nn.Module:
    """Two blocks of token MLP and channel MLP."""
    return MLPMixer(GRID, dim=40, depth=2, token_dim=24, mlp_dim=120, num_classes=CLASSES)


def resnet() -> nn.Module:
    """Three stages of one block each; no patches."""
    return channels_last(ResNet(channels=3, widths=(9, 18, 36), depth=1, num_classes=CLASSES))


def shell_with_token_mlp() -> nn.Module:
    """The ConvMixer with token MLPs for its convolutions."""
    shell = ConvMixer(GRID, dim=DIM, depth=DEPTH, kernel_size=1, num_classes=CLASSES)
    return with_mixer(shell, partial(TokenMLP, GRID.num_patches, 12))


def shell_with_attention() -> nn.Module:
    """The ConvMixer with attention for its convolutions, and positions, without which it is blind.

    Attention has more parameters than the convolution, so it is narrower.
    """
    dim = 32
    shell = ConvMixer(GRID, dim=dim, depth=DEPTH, kernel_size=1, num_classes=CLASSES)
    return with_positions(with_mixer(shell, partial(MultiHeadAttention, dim, heads=4)), dim)


FAMILIES: dict[str, Model] = {
    "ConvMixer": convmixer,
    "ViT": vit,
    "MLP-Mixer": mlp_mixer,
    "ResNet": resnet,
}
SHELLS: dict[str, Model] = {
    "shell with a token MLP": shell_with_token_mlp,
    "shell with attention": shell_with_attention,
    "shell with nothing": partial(convmixer, dim=74, kernel_size=1),
}
KERNELS: dict[str, Model] = {
    f"kernel {size}": partial(convmixer, kernel_size=size) for size in (3, 7)
}
PATCHES: dict[str, Model] = {
    f"patch {size}": partial(convmixer, patch_size=size) for size in (2, 8)
}
MODELS = FAMILIES | SHELLS | KERNELS | PATCHES
