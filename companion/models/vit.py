"""The Vision Transformer (Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929)."""

from torch import nn

from companion.checks import require_positive
from companion.parts.attention.multi_head import MultiHeadAttention
from companion.parts.blocks import ClassTokenPool, FeedForward, MixingBlock, init_as_vit
from companion.parts.classifier import PatchClassifier
from companion.parts.patches import PatchEmbed, PatchGrid
from companion.parts.positions import ClassToken, LearnedPositions


class ViT(PatchClassifier):
    """A Transformer encoder that reads an image as a sequence of patches.

    Shapes: images (b, c, y, x), of the grid's size -> logits (b, num_classes). Training starts
    where timm's does: linear layers as in `init_as_vit`, class token and positions as they say.

    Args:
        grid: how images are cut.
        dim: length of a token. (The paper's B, L, H: 768, 1024, 1280.)
        depth: number of blocks. (12, 24, 32.)
        heads: attention heads in each block. (12, 16, 16.)
        num_classes: length of the logits.
        mlp_dim: hidden length of the MLPs, 4 * dim where it is not given.
        dropout: after each layer that changes the tokens (appendix B.1).
        init_std: deviation of the initial weights in blocks and head. timm's 0.02 is
            (3 * dim) ** -0.5 at a dim of 768; a narrow model learns sooner from its own.
        any_size: take images of other sizes too, which the patches tile; positions are resized.

    Raises:
        ValueError: a size is not positive, or `dim` is not divisible by `heads`; when called,
            images of another size, unless `any_size`, or that patches do not tile.
    """

    def __init__(
        self,
        grid: PatchGrid,
        *,
        dim: int,
        depth: int,
        heads: int,
        num_classes: int,
        mlp_dim: int | None = None,
        dropout: float = 0.0,
        init_std: float = 0.02,
        any_size: bool = False,
    ) -> None:
        require_positive(depth=depth, num_classes=num_classes)
        hidden_dim = 4 * dim if mlp_dim is None else mlp_dim
        super().__init__(
            embed=PatchEmbed(grid, dim, any_size=any_size),
            class_token=ClassToken(dim),
            positions=LearnedPositions(1 + grid.num_patches, dim),
            blocks=[
                MixingBlock(
                    dim,
                    token_mixer=MultiHeadAttention(dim, heads=heads),
                    channel_mixer=FeedForward(dim, hidden_dim, dropout=dropout),
                    dropout=dropout,
                )
                for _ in range(depth)
            ],
            pool=ClassTokenPool(dim),
            head=nn.Linear(dim, num_classes),
            dropout=dropout,
        )
        init_as_vit(self.blocks, std=init_std)
        init_as_vit(self.head, std=init_std)
