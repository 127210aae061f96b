"""Patch models whose blocks mix tokens in different ways, as a word says."""

from torch import nn

from companion.checks import require_positive
from companion.models.convmixer import ConvMixerBlock
from companion.parts.attention.multi_head import MultiHeadAttention, require_heads
from companion.parts.blocks import FeedForward, MeanPool, MixingBlock
from companion.parts.classifier import PatchClassifier
from companion.parts.mixing.on_grid import OnGrid
from companion.parts.mixing.token_mlp import TokenMLP
from companion.parts.patches import PatchEmbed, PatchGrid
from companion.parts.positions import LearnedPositions

KINDS = {"a": "attention", "m": "MLP-Mixer", "c": "ConvMixer"}


class Hybrid(PatchClassifier):
    """Blocks of three kinds in any order: images (b, c, y, x) -> logits (b, num_classes).

    `Hybrid(grid, blocks="mma", ...)` has two blocks of an MLP-Mixer, then one of a ViT. "c" is a
    block of a ConvMixer. Tokens get learned positions where a block attends; no class token.

    Args:
        grid: how images are cut.
        blocks: a letter a block, "a" attention, "m" token MLP, "c" convolution.
        dim: length of a token.
        num_classes: length of the logits.
        heads: attention heads in each block "a".
        token_dim: hidden length of the token MLPs in each block "m"; dim / 2 if not given.
        mlp_dim: hidden length of the channel MLPs in blocks "a" and "m"; 4 * dim if not given.
        kernel_size: height and width of the kernels in each block "c", in patches.

    Raises:
        ValueError: `blocks` is empty or has another letter, a size is not positive, or `dim` is not
            divisible by `heads` where a block attends; when called, images of another size.
    """

    def __init__(
        self,
        grid: PatchGrid,
        *,
        blocks: str,
        dim: int,
        num_classes: int,
        heads: int = 4,
        token_dim: int | None = None,
        mlp_dim: int | None = None,
        kernel_size: int = 5,
    ) -> None:
        require_kinds(blocks)
        require_positive(dim=dim, num_classes=num_classes)
        if "a" in blocks:
            require_heads(dim, heads)
        token_hidden = max(1, dim // 2) if token_dim is None else token_dim
        channel_hidden = 4 * dim if mlp_dim is None else mlp_dim

        def block(kind: str) -> nn.Module:
            if kind == "c":
                return OnGrid(grid, ConvMixerBlock(dim, kernel_size=kernel_size))
            if kind == "a":
                token_mixer: nn.Module = MultiHeadAttention(dim, heads=heads)
            else:
                token_mixer = TokenMLP(grid.num_patches, token_hidden)
            channel_mixer = FeedForward(dim, channel_hidden)
            return MixingBlock(dim, token_mixer=token_mixer, channel_mixer=channel_mixer)

        super().__init__(
            embed=PatchEmbed(grid, dim),
            positions=LearnedPositions(grid.num_patches, dim) if "a" in blocks else None,
            blocks=[block(kind) for kind in blocks],
            pool=MeanPool(dim),
            head=nn.Linear(dim, num_classes),
        )
        self.kinds = blocks


def require_kinds(blocks: str) -> None:
    """Refuse a word with a letter that names no block. Raises `ValueError` with the letters."""
    unknown = sorted(set(blocks) - set(KINDS))
    if unknown or not blocks:
        named = ", ".join(f"{letter!r} ({name})" for letter, name in KINDS.items())
        raise ValueError(f"blocks={blocks!r}: give a word of {named}, such as 'mma'")
