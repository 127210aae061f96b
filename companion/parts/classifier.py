"""The one sentence that all patch models say: embed, N x (mix tokens, mix channels), pool, head.

Axes: b batch, c channels, y and x image, n tokens, d dim.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from companion.parts.attention.tap import AttentionTap, TokenLayout
from companion.parts.patches import PatchEmbed


class PatchClassifier(nn.Module):
    """Classify images by their patches: (b, c, y, x) -> logits (b, num_classes).

    Args:
        embed: images to patch tokens.
        blocks: applied in order, each (b, n, d) -> (b, n, d).
        pool: tokens to one vector, (b, n, d) -> (b, d).
        head: that vector to logits.
        class_token: puts one token in front; left out, there is none.
        positions: says where each token stands; left out, nothing does.
        dropout: applied to the tokens as they enter the first block.
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
        layout = TokenLayout(int(class_token is not None), embed.grid.rows, embed.grid.columns)
        for module in self.modules():
            if isinstance(module, AttentionTap):
                module.layout = layout

    def features(self, images: Tensor) -> Tensor:
        """The tokens that leave the last block: (b, c, y, x) -> (b, n, d)."""
        tokens = self.positions(self.class_token(self.embed(images)))
        return self.blocks(self.dropout(tokens))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.pool(self.features(images)))
