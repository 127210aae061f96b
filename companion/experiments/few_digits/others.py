"""Chapter 4's two models for 8 x 8 grey pixels, and each with one part exchanged.

Axes: b batch, n patches, d dim.
"""

from torch import Tensor, nn

from companion.cost import count_parameters
from companion.experiments.few_digits.convnet import matched_convnet
from companion.models import ViT
from companion.parts import LearnedPositions, PatchGrid

DIM, PATCHES, CLASSES = 64, 16, 10
STD = (3 * DIM) ** -0.5
HIDDEN = 354  # an MLP of as many parameters as the ViT


class EveryPlace(nn.Module):
    """All patch tokens in a row, normalised: (b, 1 + n, d) -> (b, n * d)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(DIM, eps=1e-6)

    def forward(self, tokens: Tensor) -> Tensor:
        found: Tensor = self.norm(tokens[:, 1:])
        return found.flatten(1)


class MeanOfPlaces(nn.Module):
    """The mean of all patch tokens, normalised: (b, 1 + n, d) -> (b, d)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(DIM, eps=1e-6)

    def forward(self, tokens: Tensor) -> Tensor:
        found: Tensor = self.norm(tokens[:, 1:].mean(dim=1))
        return found


def vit() -> ViT:
    """The chapter's ViT."""
    grid = PatchGrid(8, 2, channels=1)
    return ViT(grid, dim=DIM, depth=3, heads=4, num_classes=CLASSES, init_std=STD)


def vit_with_larger_positions() -> ViT:
    """Its positions begin with a deviation of 0.3, not 0.02."""
    model = vit()
    assert isinstance(model.positions, LearnedPositions)
    nn.init.normal_(model.positions.table, std=0.3)
    return model


def vit_that_reads_every_place() -> ViT:
    """Its head sees all patches, each by weights of its own, and not the class token."""
    model = vit()
    model.pool, model.head = EveryPlace(), nn.Linear(PATCHES * DIM, CLASSES)
    nn.init.normal_(model.head.weight, std=STD)
    nn.init.zeros_(model.head.bias)
    return model


def vit_that_reads_the_mean() -> ViT:
    """Its head sees the mean of all patches, and not the class token."""
    model = vit()
    model.pool = MeanOfPlaces()
    return model


def convnet() -> nn.Sequential:
    """The rival with as many parameters."""
    return matched_convnet(count_parameters(vit()), image_size=8, channels=1, num_classes=CLASSES)


def convnet_without_batch_norm() -> nn.Sequential:
    """The rival without batch normalisation."""
    return nn.Sequential(*(p for p in convnet() if not isinstance(p, nn.BatchNorm2d)))


def mlp() -> nn.Sequential:
    """Three linear maps of all pixels with ReLUs between: no neighbours, no patches."""
    first, second = nn.Linear(64, HIDDEN), nn.Linear(HIDDEN, HIDDEN)
    last = nn.Linear(HIDDEN, CLASSES)
    return nn.Sequential(nn.Flatten(), first, nn.ReLU(), second, nn.ReLU(), last)


MODELS = {"ViT": vit, "ConvNet": convnet}
OTHERS = {
    "ViT: larger positions": vit_with_larger_positions,
    "ViT: every place read": vit_that_reads_every_place,
    "ViT: mean of places read": vit_that_reads_the_mean,
    "ConvNet: no batch normalisation": convnet_without_batch_norm,
    "MLP: nothing": mlp,
}
