"""The MNIST article's model, re-created from its description, with its peculiarities.

Axes: b batch, n patches, d dim, e dim of one head.
"""

import torch
from torch import Tensor, nn

from companion.parts import to_patches

PATCH, DIM, HEADS, DEPTH, MLP_DIM, CLASSES = 7, 32, 4, 3, 128, 10


class SingleHead(nn.Module):
    """One head with its own query, key and value, no biases: (b, n, d) -> (b, n, e)."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(DIM, DIM // HEADS, bias=False)
        self.key = nn.Linear(DIM, DIM // HEADS, bias=False)
        self.value = nn.Linear(DIM, DIM // HEADS, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        # Scaled by the token's dim, 32, where Vaswani et al. scale by the head's, 8.
        scores = self.query(tokens) @ self.key(tokens).transpose(-2, -1) * DIM**-0.5
        return scores.softmax(dim=-1) @ self.value(tokens)


class ArticleBlock(nn.Module):
    """Pre-norm attention, heads one after the other, and an MLP with ReLU: (b, n, d) -> same."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(DIM)
        self.heads = nn.ModuleList(SingleHead() for _ in range(HEADS))
        self.projection = nn.Linear(DIM, DIM)
        self.norm2 = nn.LayerNorm(DIM)
        self.mlp = nn.Sequential(nn.Linear(DIM, MLP_DIM), nn.ReLU(), nn.Linear(MLP_DIM, DIM))

    def forward(self, tokens: Tensor) -> Tensor:
        normed = self.norm1(tokens)
        mixed = torch.cat([head(normed) for head in self.heads], dim=-1)
        tokens = tokens + self.projection(mixed)
        return tokens + self.mlp(self.norm2(tokens))


class ArticleViT(nn.Module):
    """Images (b, 1, 28, 28) -> probabilities (b, 10), not logits.

    The "position embedding" is a second linear map of the same patch and so knows no place. There
    is no class token: the head reads the first patch, the image's upper left corner.
    """

    def __init__(self) -> None:
        super().__init__()
        self.patch_embedding = nn.Linear(PATCH**2, DIM)
        self.position_embedding = nn.Linear(PATCH**2, DIM)
        self.blocks = nn.Sequential(*(ArticleBlock() for _ in range(DEPTH)))
        self.norm = nn.LayerNorm(DIM)
        self.head = nn.Linear(DIM, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        patches = to_patches(images, PATCH)
        tokens = self.patch_embedding(patches) + self.position_embedding(patches)
        first = self.norm(self.blocks(tokens))[:, 0]
        return self.head(first).softmax(dim=-1)
