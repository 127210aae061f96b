"""The one sentence that all patch models say: embed, N x (mix tokens, mix channels), pool, head.

Axes: b batch, c channels, y and x image, n tokens, d dim.
"""

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor, nn

from companion.parts.attention.tap import CLASS_TOKEN, AttentionTap, TokenLayout
from companion.parts.patches import PatchEmbed
from companion.parts.positions import LearnedPositions, resize_positions


class PatchClassifier(nn.Module):
    """Classify images by their patches: (b, c, y, x) -> logits (b, num_classes).

    Where `embed` takes any size, learned positions are resized to each image's own grid.

    Args:
        embed: images to patch tokens.
        blocks: applied in order, each (b, n, d) -> (b, n, d).
        pool: tokens to one vector, (b, n, d) -> (b, d).
        head: that vector to logits.
        class_token: puts one token in front, or as many as `layout` says; left out, there is none.
        positions: says where each token stands; left out, nothing does.
        layout: what the tokens of an image of the grid's size stand for. Left out: a class token,
            where there is one, then the patches.
        dropout: applied to the tokens as they enter the first block.

    Raises:
        ValueError: the layout's grid is not that of `embed`; when called, images that `embed`
            refuses, or another number of tokens than the layout's.
    """

    def __init__(
        self,
        *,
        embed: PatchEmbed,
        blocks: Sequence[nn.Module],
        pool: nn.Module,
        head: nn.Module,
        class_token: nn.Module | None = None,
        positions: nn.Module | None = None,
        layout: TokenLayout | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.embed = embed
        self.class_token = class_token or nn.Identity()
        self.positions = positions or nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.Sequential(*blocks)
        self.pool = pool
        self.head = head
        prefix = () if class_token is None else (CLASS_TOKEN,)
        self.layout = layout or TokenLayout(prefix, embed.grid.rows, embed.grid.columns)
        if (self.layout.rows, self.layout.columns) != (embed.grid.rows, embed.grid.columns):
            raise ValueError(f"{self.layout} does not fit {embed.grid}: give its rows and columns")
        self._tell_taps(self.layout)

    def features(self, images: Tensor) -> Tensor:
        """The tokens that leave the last block: (b, c, y, x) -> (b, n, d)."""
        tokens, layout = self.class_token(self.embed(images)), self._layout_of(images)
        if tokens.shape[1] != layout.num_tokens:
            raise ValueError(
                f"{tokens.shape[1]} tokens, but the layout has {layout.num_tokens}: {layout}; say "
                "what stands before the patches, as in PatchClassifier(layout=TokenLayout(...))"
            )
        if layout == self.layout or not isinstance(self.positions, LearnedPositions):
            tokens = self.positions(tokens)
        else:
            tokens = tokens + resize_positions(self.positions.table, self.layout, layout)
        return self.blocks(self.dropout(tokens))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.pool(self.features(images)))

    def _layout_of(self, images: Tensor) -> TokenLayout:
        """What the tokens of these images stand for, made known to all who record them."""
        if not self.embed.any_size:
            return self.layout
        rows, columns = (size // self.embed.grid.patch_size for size in images.shape[2:])
        layout = replace(self.layout, rows=rows, columns=columns)
        self._tell_taps(layout)
        return layout

    def _tell_taps(self, layout: TokenLayout) -> None:
        for module in self.modules():
            if isinstance(module, AttentionTap):
                module.layout = layout
