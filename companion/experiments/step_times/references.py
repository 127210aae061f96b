"""The same ViT from four libraries, and ours without its tap, for comparison.

Axes: b batch, c channels, y and x image, n tokens, d dim, h heads, e dim of one head.
"""

import copy
import os
from collections.abc import Callable
from dataclasses import dataclass

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


def timm_vit(shape: Shape) -> nn.Module:
    """timm's VisionTransformer: the same architecture, parameter for parameter."""
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(
        img_size=shape.grid.image_size,
        patch_size=shape.grid.patch_size,
        in_chans=shape.grid.channels,
        num_classes=shape.num_classes,
        embed_dim=shape.dim,
        depth=shape.depth,
        num_heads=shape.heads,
    )


def vit_pytorch_vit(shape: Shape) -> nn.Module:
    """vit-pytorch's ViT: two more LayerNorms around the patch embedding, no bias in qkv, and
    attention weights computed explicitly, not by the fused kernel.
    """
    from vit_pytorch import ViT as VitPytorchViT

    return VitPytorchViT(
        image_size=shape.grid.image_size,
        patch_size=shape.grid.patch_size,
        channels=shape.grid.channels,
        num_classes=shape.num_classes,
        dim=shape.dim,
        depth=shape.depth,
        heads=shape.heads,
        dim_head=shape.dim // shape.heads,
        mlp_dim=4 * shape.dim,
    )


class Logits(nn.Module):
    """The logits of a model that returns more: (b, c, y, x) -> (b, num_classes)."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images).logits


def transformers_vit(shape: Shape) -> nn.Module:
    """transformers' ViTForImageClassification: the same architecture, query, key and value apart;
    with the fused kernel ("sdpa").
    """
    # Where TensorFlow is installed, transformers would import it here and start its threads.
    os.environ.setdefault("USE_TF", "0")
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(
        image_size=shape.grid.image_size,
        patch_size=shape.grid.patch_size,
        num_channels=shape.grid.channels,
        num_labels=shape.num_classes,
        hidden_size=shape.dim,
        num_hidden_layers=shape.depth,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.dim,
        attn_implementation="sdpa",
    )
    return Logits(ViTForImageClassification(config))


REFERENCES: dict[str, Callable[[Shape], nn.Module]] = {
    "timm": timm_vit,
    "vit-pytorch": vit_pytorch_vit,
    "transformers": transformers_vit,
}
