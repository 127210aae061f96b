"""Ten small CIFAR-10 models of public notebooks, and for each kind one of ours that is smaller.

The notebooks' figures (accuracy on the 10,000 official test images, parameters, epochs) are those
that they print. Ours have no more parameters, epochs and blocks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from torch import Tensor, nn

from companion.models import ConvMixer, Hybrid, MLPMixer
from companion.parts import PatchGrid

CLASSES = 10
GRID = PatchGrid(32, 4)
FINE = PatchGrid(32, 2)


class Rival(NamedTuple):
    """What a notebook prints: test accuracy, parameters, epochs, and blocks where it says so."""

    accuracy: float
    parameters: int
    epochs: int
    blocks: int


@dataclass(frozen=True)
class Recipe:
    """A model of ours, how it is trained, and the notebooks' models that it stands beside.

    Args:
        build: the model before training, for (b, 3, 32, 32) -> (b, 10).
        rivals: of the same kind.
        blocks: of the model.
        epochs: over 40,000 images; the rate rises over the first `warmup` of their steps, then
            falls as a cosine.
        learning_rate: the highest rate of AdamW.
        crop: whether images are shifted by up to four pixels, besides being mirrored at random.
        precision: "bf16" where products are taken in half precision.
        channels_last: whether images lie in memory pixel by pixel.
    """

    build: Callable[[], nn.Module]
    rivals: tuple[Rival, ...]
    blocks: int
    epochs: int
    learning_rate: float
    batch_size: int = 128
    weight_decay: float = 0.05
    warmup: float = 0.1
    crop: bool = True
    precision: Literal["no", "bf16"] = "bf16"
    channels_last: bool = False


class EveryPlace(nn.Module):
    """All tokens in a row, normalised: (b, n, d) -> (b, n * d)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim, eps=1e-6)

    def forward(self, tokens: Tensor) -> Tensor:
        found: Tensor = self.norm(tokens)
        return found.flatten(1)


def vit_that_reads_every_place() -> Hybrid:
    """One layer of attention, then an MLP over all tokens at once."""
    model = Hybrid(GRID, blocks="a", dim=128, mlp_dim=512, num_classes=CLASSES)
    model.pool = EveryPlace(128)
    hidden = nn.Linear(GRID.num_patches * 128, 512)
    model.head = nn.Sequential(hidden, nn.GELU(), nn.Linear(512, CLASSES))
    return model


def two_mixer_blocks() -> MLPMixer:
    """Its channel MLPs hardly longer than a token."""
    return MLPMixer(GRID, dim=96, depth=2, num_classes=CLASSES, token_dim=64, mlp_dim=120)


def patches(blocks: str, **sizes: int) -> Callable[[], Hybrid]:
    """A `Hybrid` on patches of 4 x 4 pixels."""
    return lambda: Hybrid(GRID, blocks=blocks, num_classes=CLASSES, **sizes)


RECIPES = {
    "ViT, one layer, every place read": Recipe(
        vit_that_reads_every_place,
        (Rival(0.6935, 21_100_000, 15, 1),),
        blocks=1,
        epochs=12,
        learning_rate=1e-3,
        weight_decay=0.1,
    ),
    "ViT, 1 block": Recipe(
        patches("a", dim=160),
        (Rival(0.5856, 349_000, 50, 1),),
        blocks=1,
        epochs=12,
        learning_rate=1.5e-3,
    ),
    "ViT, 2 blocks": Recipe(
        patches("aa", dim=96, mlp_dim=192),
        (Rival(0.6468, 324_000, 50, 2),),
        blocks=2,
        epochs=16,
        learning_rate=2e-3,
        batch_size=64,
    ),
    "Mixer, 2 blocks": Recipe(
        two_mixer_blocks,
        (Rival(0.6304, 90_000, 30, 2),),
        blocks=2,
        epochs=12,
        learning_rate=3e-3,
        batch_size=64,
        weight_decay=0.02,
    ),
    "Mixer, 2 blocks, for longer": Recipe(
        two_mixer_blocks,
        (Rival(0.6892, 76_000, 50, 2),),
        blocks=2,
        epochs=40,
        learning_rate=3e-3,
        batch_size=64,
        weight_decay=0.02,
    ),
    "Mixer, 1 block": Recipe(
        lambda: MLPMixer(GRID, dim=128, depth=1, num_classes=CLASSES, token_dim=128, mlp_dim=512),
        (Rival(0.4939, 169_000, 14, 1),),
        blocks=1,
        epochs=8,
        learning_rate=2e-3,
        batch_size=64,
        weight_decay=0.02,
    ),
    "Mixer, then attention": Recipe(
        patches("ma", dim=96, token_dim=64, mlp_dim=192),
        (Rival(0.6451, 200_000, 50, 2),),
        blocks=2,
        epochs=16,
        learning_rate=3e-3,
        batch_size=64,
    ),
    "two Mixers, then attention": Recipe(
        patches("mma", dim=96, token_dim=64, mlp_dim=192),
        (Rival(0.6503, 225_000, 29, 3),),
        blocks=3,
        epochs=16,
        learning_rate=3e-3,
        batch_size=64,
    ),
    "ConvMixer, 1 block": Recipe(
        lambda: ConvMixer(FINE, dim=17, depth=1, kernel_size=5, num_classes=CLASSES),
        (Rival(0.4936, 1_258, 25, 1),),
        blocks=1,
        epochs=12,
        learning_rate=2e-2,
        weight_decay=0.0,
        warmup=0.2,
        crop=False,
        precision="no",
        channels_last=True,
    ),
    "ConvMixer, then Mixer": Recipe(
        patches("cm", dim=96, token_dim=64, mlp_dim=384, kernel_size=5),
        (Rival(0.5191, 141_000, 18, 2),),
        blocks=2,
        epochs=8,
        learning_rate=4e-3,
        precision="no",
    ),
}
