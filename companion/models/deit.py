"""The data-efficient image Transformer (Touvron et al. 2021, https://arxiv.org/abs/2012.12877)."""

from collections import OrderedDict
from typing import NamedTuple

from torch import Tensor, nn

from companion.checks import require_positive
from companion.parts.attention.tap import CLASS_TOKEN, TokenLayout
from companion.parts.blocks import NORM_EPS, init_as_vit
from companion.parts.classifier import PatchClassifier
from companion.parts.layers import EncoderLayer
from companion.parts.patches import PatchEmbed, PatchGrid
from companion.parts.positions import ClassToken, LearnedPositions

DISTILLATION_TOKEN = "distillation token"


class DistilledLogits(NamedTuple):
    """What the class token says, and what the distillation token says; both (b, num_classes).

    Attributes:
        label: learned from the labels.
        teacher: learned from the teacher.
    """

    label: Tensor
    teacher: Tensor

    @property
    def mean(self) -> Tensor:
        """The answer when nothing is learned, half from each (as in the authors' code)."""
        return (self.label + self.teacher) / 2


class TwoTokenPool(nn.Module):
    """Normalise the first two tokens and hand them on: (b, n, d) -> (b, 2, d)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim, eps=NORM_EPS)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.norm(tokens[:, :2])


class TwoHeads(nn.Module):
    """One linear map for each of two tokens: (b, 2, d) -> `DistilledLogits`."""

    def __init__(self, dim: int, num_classes: int) -> None:
        super().__init__()
        self.label = nn.Linear(dim, num_classes)
        self.teacher = nn.Linear(dim, num_classes)

    def forward(self, pooled: Tensor) -> DistilledLogits:
        return DistilledLogits(self.label(pooled[:, 0]), self.teacher(pooled[:, 1]))


class DeiT(PatchClassifier):
    """A Vision Transformer with a second token, which listens to a teacher.

    Shapes: images (b, c, y, x), of the grid's size -> `DistilledLogits`, (b, num_classes) each.
    Training starts as a ViT's does. (A DeiT without distillation token is a ViT.)

    Args:
        grid: how images are cut.
        dim: length of a token. (The paper's Ti, S, B: 192, 384, 768.)
        depth: number of blocks. (12.)
        heads: attention heads in each block. (3, 6, 12.)
        num_classes: length of the logits.
        mlp_dim: hidden length of the MLPs, 4 * dim where it is not given.
        dropout: after each layer that changes the tokens.

    Raises:
        ValueError: a size is not positive, or `dim` is not divisible by `heads`; when called,
            images of another size.
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
    ) -> None:
        require_positive(depth=depth, num_classes=num_classes)
        hidden_dim = 4 * dim if mlp_dim is None else mlp_dim
        # The last one that is put in stands first.
        tokens: OrderedDict[str, nn.Module] = OrderedDict(
            distillation=ClassToken(dim), label=ClassToken(dim)
        )
        super().__init__(
            embed=PatchEmbed(grid, dim),
            class_token=nn.Sequential(tokens),
            positions=LearnedPositions(2 + grid.num_patches, dim),
            blocks=[
                EncoderLayer(dim, heads=heads, hidden_dim=hidden_dim, dropout=dropout)
                for _ in range(depth)
            ],
            pool=TwoTokenPool(dim),
            head=TwoHeads(dim, num_classes),
            layout=TokenLayout((CLASS_TOKEN, DISTILLATION_TOKEN), grid.rows, grid.columns),
            dropout=dropout,
        )
        init_as_vit(self.blocks)
        init_as_vit(self.head)

    def forward(self, images: Tensor) -> DistilledLogits:  # type: ignore[override]
        pooled = self.pool(self.features(images))
        logits: DistilledLogits = self.head(pooled)
        return logits
