"""MLP-Mixer (Tolstikhin et al. 2021, https://arxiv.org/abs/2105.01601)."""

from torch import nn

from companion.checks import require_positive
from companion.parts.blocks import FeedForward, MeanPool, MixingBlock
from companion.parts.classifier import PatchClassifier
from companion.parts.mixing.token_mlp import TokenMLP
from companion.parts.patches import PatchEmbed, PatchGrid


class MLPMixer(PatchClassifier):
    """Two MLPs a block, one along the tokens of each channel, one along the channels of each token.

    Shapes: images (b, c, y, x), of the grid's size -> logits (b, num_classes). There are no
    positions and no class token: a token MLP knows the places anyway. Blocks and head start where
    timm's do (`init_as_mixer`), the patch embedding as torch's linear layers do.

    Args:
        grid: how images are cut.
        dim: length of a token, C in the paper. (S, B, L: 512, 768, 1024.)
        depth: number of blocks. (8, 12, 24.)
        num_classes: length of the logits.
        token_dim: hidden length of the token MLPs, D_S; dim / 2 where it is not given.
        mlp_dim: hidden length of the channel MLPs, D_C; 4 * dim where it is not given.
        dropout: after each layer that changes the tokens.

    Raises:
        ValueError: a size is not positive; when called, images of another size than the grid's.
    """

    def __init__(
        self,
        grid: PatchGrid,
        *,
        dim: int,
        depth: int,
        num_classes: int,
        token_dim: int | None = None,
        mlp_dim: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        require_positive(dim=dim, depth=depth, num_classes=num_classes)
        token_hidden = max(1, dim // 2) if token_dim is None else token_dim
        channel_hidden = 4 * dim if mlp_dim is None else mlp_dim
        head = nn.Linear(dim, num_classes)
        super().__init__(
            embed=PatchEmbed(grid, dim),
            blocks=[
                MixingBlock(
                    dim,
                    token_mixer=TokenMLP(grid.num_patches, token_hidden, dropout=dropout),
                    channel_mixer=FeedForward(dim, channel_hidden, dropout=dropout),
                    dropout=dropout,
                )
                for _ in range(depth)
            ],
            pool=MeanPool(dim),
            head=head,
            dropout=dropout,
        )
        init_as_mixer(self.blocks)
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)


def init_as_mixer(module: nn.Module) -> None:
    """Start every linear layer in `module` as timm starts an MLP-Mixer's.

    Weights are uniform within sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010); biases are
    normal with a deviation of 1e-6. The model's own head starts at zero.
    Source: timm's `mlp_mixer.py`, https://github.com/huggingface/pytorch-image-models.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.normal_(layer.bias, std=1e-6)
