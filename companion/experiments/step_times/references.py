"""The same ViT from four libraries, and ours without its tap, for comparison.

Axes: b batch, c channels, y and x image, n tokens, d dim, h heads, e dim of one head.
"""

import copy
import os
from dataclasses import dataclass
from typing import Any

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from companion.models import ViT
from companion.parts import MixingBlock, MultiHeadAttention, PatchGrid


@dataclass(frozen=True)
class Shape:
    """One ViT and the batch it is given."""

    title: str
    grid: PatchGrid
    dim: int
    depth: int
    heads: int
    num_classes: int
    batch: int


SHAPES = (
    Shape("ViT-Ti/16, 224 px, batch 8", PatchGrid(224, 16), 192, 12, 3, 1000, 8),
    Shape("patch 4, 32 px, dim 192, depth 6, batch 128", PatchGrid(32, 4), 192, 6, 3, 10, 128),
)


def ours(shape: Shape) -> nn.Module:
    """The book's ViT."""
    return ViT(
        shape.grid,
        dim=shape.dim,
        depth=shape.depth,
        heads=shape.heads,
        num_classes=shape.num_classes,
    )


class TaplessAttention(nn.Module):
    """The layers of a `MultiHeadAttention` without its tap: (b, n, d) -> (b, n, d).

    It cannot be listened to. What it saves is what being listenable costs.
    """

    def __init__(self, attention: MultiHeadAttention) -> None:
        super().__init__()
        self.heads = attention.heads
        self.qkv = attention.qkv
        self.output = attention.output

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = rearrange(
            self.qkv(tokens), "b n (three h e) -> three b h n e", three=3, h=self.heads
        )
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.output(rearrange(mixed, "b h n e -> b n (h e)"))


def without_tap(model: nn.Module) -> nn.Module:
    """A copy of our ViT whose attention cannot be recorded."""
    twin = copy.deepcopy(model)
    for block in twin.modules():
        if isinstance(block, MixingBlock) and isinstance(block.token_mixer, MultiHeadAttention):
            block.token_mixer = TaplessAttention(block.token_mixer)
    return twin


class Logits(nn.Module):
    """The logits of a model that returns more: (b, c, y, x) -> (b, num_classes)."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images).logits


# What each library calls image_size, patch_size, channels, num_classes, dim, depth and heads.
NAMES = {
    "timm": "img_size patch_size in_chans num_classes embed_dim depth num_heads",
    "vit-pytorch": "image_size patch_size channels num_classes dim depth heads",
    "transformers": "image_size patch_size num_channels num_labels hidden_size num_hidden_layers "
    "num_attention_heads",
}


def theirs(library: str, shape: Shape) -> nn.Module:
    """The same ViT from another library, by its name on PyPI.

    timm's is ours parameter for parameter. vit-pytorch's has two more LayerNorms around the patch
    embedding and no bias in qkv, and computes attention weights explicitly, not by the fused
    kernel. transformers' has query, key and value apart, and the fused kernel ("sdpa").

    Raises:
        ImportError: the library is not installed.
    """
    grid, dim = shape.grid, shape.dim
    sizes: tuple[int, ...] = (grid.image_size, grid.patch_size, grid.channels, shape.num_classes)
    sizes += (dim, shape.depth, shape.heads)
    own: dict[str, Any] = dict(zip(NAMES[library].split(), sizes, strict=True))
    if library == "timm":
        from timm.models.vision_transformer import VisionTransformer

        return VisionTransformer(**own)
    if library == "vit-pytorch":
        from vit_pytorch import ViT as VitPytorchViT

        return VitPytorchViT(**own, dim_head=dim // shape.heads, mlp_dim=4 * dim)
    # Where TensorFlow is installed, transformers would import it here and start its threads.
    os.environ.setdefault("USE_TF", "0")
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(**own, intermediate_size=4 * dim, attn_implementation="sdpa")
    return Logits(ViTForImageClassification(config))
