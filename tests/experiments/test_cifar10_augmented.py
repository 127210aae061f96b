"""Models learned for long: what is averaged and judged, and what it is held to."""

from dataclasses import replace

import pytest
import torch

from companion.data import ImageSet, Normalise, Splits
from companion.data.transforms.draws import Draws
from companion.experiments import cifar10_augmented as long
from companion.experiments.cifar10_augmented import EXPERIMENT, augmented, run
from companion.experiments.cifar10_augmented.recipes import RECIPES
from companion.models import ConvMixer
from companion.parts import PatchGrid

SMALL = replace(
    RECIPES["ConvMixer-256/8"],
    build=lambda: ConvMixer(PatchGrid(32, 4), dim=16, depth=1, kernel_size=3, num_classes=10),
    batch_size=16,
    averaging=0.5,
)


@pytest.mark.parametrize("variant", RECIPES)
def test_a_recipes_model_reads_cifars_images(variant):
    model = RECIPES[variant].build().eval()
    with torch.inference_mode():
        assert model(torch.rand(2, 3, 32, 32)).shape == (2, 10)


@pytest.fixture
def few(monkeypatch) -> None:
    """Sixty-four images, two to judge by, and a small model."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (64, 3, 32, 32), dtype=torch.uint8, generator=generator)
    images = ImageSet(pixels, torch.arange(64) % 10, tuple("0123456789"))
    monkeypatch.setattr(
        long, "load_cifar10_apart", lambda _: Splits(images, images.subset([0, 1]), "")
    )
    monkeypatch.setattr(long, "official_cifar10_images", lambda: images.subset(range(5)))
    monkeypatch.setitem(RECIPES, "small", SMALL)


def test_a_row_is_trained_and_judged(few, tmp_path):
    settings = {"epochs": 2, "images": 0, "compiled": False}
    row = run("small", 0, "cpu", settings=settings, folder=tmp_path)
    assert (row["steps"], row["epochs"], row["images"]) == (8, 2, 64)
    assert {row["accuracy"], row["last_weights"]} <= {0.0, 0.5, 1.0}
    assert len(row["losses"]) == 2


def test_the_average_of_the_weights_is_judged_beside_the_last(few, monkeypatch, tmp_path):
    judged = []

    def see(model, *_):
        judged.append(model.head.weight.detach().clone())
        return 0.0

    monkeypatch.setattr(long, "accuracy", see)
    settings = {"epochs": 1, "images": 0, "compiled": False}
    run("small", 0, "cpu", settings=settings, folder=tmp_path)
    average, last, official = judged
    torch.manual_seed(0)
    start = SMALL.build().head.weight
    assert torch.equal(average, official)
    # Of four steps; the average begins with the first and keeps half of itself at each.
    assert not torch.allclose(average, start, atol=1e-4)
    assert not torch.allclose(average, last, atol=1e-6)


def test_labels_are_mixed_in_every_batch_or_in_half_of_them():
    images, labels = torch.rand(4, 3, 32, 32), torch.tensor([0, 1, 2, 3])
    normalise = Normalise(mean=(0.5,) * 3, std=(0.5,) * 3)
    mixed = {}
    for whole in (0, 2):
        transform = augmented(replace(SMALL, whole=whole), normalise)
        drawn = [
            transform(images, labels, Draws(seed=0, epoch=e, samples=range(4)))[1]
            for e in range(40)
        ]
        mixed[whole] = sum(shares.is_floating_point() for shares in drawn)
    assert mixed[0] == 40
    assert 10 <= mixed[2] <= 30


def test_each_model_is_held_to_what_was_asked_of_it_before():
    rows = [{"variant": v, "accuracy": 0.91} for v in RECIPES]
    verdict = [check.holds.holds(check.measure({"rows": rows})) for check in EXPERIMENT.checks]
    assert verdict == [False, True, True]
