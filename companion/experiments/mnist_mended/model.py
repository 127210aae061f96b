"""The MNIST article's model with any of its peculiarities mended.

Axes: b batch, n tokens, h heads, d dim, e dim of one head.
"""

from collections.abc import Set as AbstractSet

import torch
from einops import rearrange
from torch import Tensor, nn

from companion.experiments.mnist_race.article_model import (
    CLASSES,
    DEPTH,
    DIM,
    HEADS,
    MLP_DIM,
    PATCH,
)
from companion.parts import ClassToken, LearnedPositions, to_patches

PATCHES = (28 // PATCH) ** 2


class MendableAttention(nn.Module):
    """The article's heads, computed together: (b, n, d) -> (b, n, d).

    With "scale" mended, scores are divided by the root of a head's length, 8, not of the token's,
    32; with "parts", queries, keys and values have biases.
    """

    def __init__(self, mended: AbstractSet[str]) -> None:
        super().__init__()
        self.qkv = nn.Linear(DIM, 3 * DIM, bias="parts" in mended)
        self.projection = nn.Linear(DIM, DIM)
        self.scale = (DIM // HEADS if "scale" in mended else DIM) ** -0.5

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = rearrange(self.qkv(tokens), "b n (three h e) -> three b h n e", three=3, h=HEADS)
        weights = (q @ k.mT * self.scale).softmax(dim=-1)
        return self.projection(rearrange(weights @ v, "b h n e -> b n (h e)"))


class MendableBlock(nn.Module):
    """Pre-norm attention and an MLP; ReLU, or GELU with "parts" mended: (b, n, d) -> same."""

    def __init__(self, mended: AbstractSet[str]) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.attention = MendableAttention(mended)
        bend = nn.GELU() if "parts" in mended else nn.ReLU()
        self.mlp = nn.Sequential(nn.Linear(DIM, MLP_DIM), bend, nn.Linear(MLP_DIM, DIM))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.attention(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class MendableViT(nn.Module):
    """Images (b, 1, 28, 28) -> logits, or probabilities while "softmax" is not mended: (b, 10).

    Args:
        mended: of "softmax", "positions" (learned vectors for places, not a second map of the
            patch), "class token" (read in the first patch's stead), "scale" and "parts". With none
            it is the article's model.
    """

    def __init__(self, mended: AbstractSet[str]) -> None:
        super().__init__()
        self.patch_embedding = nn.Linear(PATCH**2, DIM)
        self.class_token = ClassToken(DIM) if "class token" in mended else nn.Identity()
        self.second_map: nn.Module | None = None
        self.positions: nn.Module = nn.Identity()
        if "positions" in mended:
            self.positions = LearnedPositions(PATCHES + ("class token" in mended), DIM)
        else:
            self.second_map = nn.Linear(PATCH**2, DIM)
        self.blocks = nn.Sequential(*(MendableBlock(mended) for _ in range(DEPTH)))
        self.norm, self.head = nn.LayerNorm(DIM), nn.Linear(DIM, CLASSES)
        self.last: nn.Module = nn.Identity() if "softmax" in mended else nn.Softmax(dim=-1)

    def forward(self, images: Tensor) -> Tensor:
        patches = to_patches(images, PATCH)
        tokens: Tensor = self.patch_embedding(patches)
        if self.second_map is not None:
            tokens = tokens + self.second_map(patches)
        tokens = self.positions(self.class_token(tokens))
        logits: Tensor = self.last(self.head(self.norm(self.blocks(tokens)[:, 0])))
        return logits


def article_weights(mine: MendableViT, theirs: nn.Module) -> None:
    """Carry the weights of `ArticleViT` over to a model with nothing mended, in place."""
    found = theirs.state_dict()
    for key in list(found):
        if key.startswith("position_embedding."):
            found[key.replace("position_embedding", "second_map")] = found.pop(key)
        elif ".projection." in key:
            found[key.replace(".projection.", ".attention.projection.")] = found.pop(key)
    for i in range(DEPTH):
        kinds = [
            torch.cat([found.pop(f"blocks.{i}.heads.{h}.{kind}.weight") for h in range(HEADS)])
            for kind in ("query", "key", "value")
        ]
        found[f"blocks.{i}.attention.qkv.weight"] = torch.cat(kinds)
    mine.load_state_dict(found)
