"""Ours against the notebooks' sizes, images that are never judged and learned, and the verdict."""

from dataclasses import replace

import pytest
import torch

from companion.cost import count_parameters
from companion.data import ImageSet, Splits
from companion.experiments import cifar10
from companion.experiments.cifar10 import EXPERIMENT, conclude, image_sets, run
from companion.experiments.cifar10.recipes import RECIPES

SETTINGS = {"judged_on": "batch 5", "epochs": 1, "images": 0}


@pytest.fixture
def numbered(monkeypatch) -> ImageSet:
    """Fifty images, each of one number; forty stand for batches 1 to 4."""
    pixels = torch.arange(50, dtype=torch.uint8).view(50, 1, 1, 1).repeat(1, 3, 32, 32)
    whole = ImageSet(pixels, torch.arange(50) % 10, tuple("0123456789"))
    monkeypatch.setattr(cifar10, "JUDGES", {"batch 5": 40, "validation": 30})
    monkeypatch.setattr(cifar10, "JUDGED", 10)
    monkeypatch.setattr(cifar10, "load_cifar10_first_test_images", lambda: whole.subset(range(5)))
    return whole


def given(monkeypatch, train: ImageSet, test: ImageSet) -> None:
    monkeypatch.setattr(cifar10, "load_vision", lambda *_, **__: Splits(train, test, ""))


def numbers(images: ImageSet) -> list[int]:
    return images.pixels[:, 0, 0, 0].tolist()


@pytest.mark.parametrize("variant", RECIPES)
def test_no_more_parameters_epochs_and_blocks_than_the_notebooks(variant):
    recipe = RECIPES[variant]
    model = recipe.build()
    assert model.eval()(torch.rand(1, 3, 32, 32)).shape == (1, 10)
    for rival in recipe.rivals:
        assert count_parameters(model) <= rival.parameters
        assert recipe.epochs <= rival.epochs
        assert recipe.blocks == len(model.blocks) <= rival.blocks


def test_ten_notebooks_are_answered():
    assert sum(len(recipe.rivals) for recipe in RECIPES.values()) == 10


def test_batch_5_is_judged_whether_or_not_the_official_test_images_are_there(monkeypatch, numbered):
    fifth = numbered.subset(range(40, 50))
    for train, test in ((numbered.subset(range(40)), fifth), (numbered, numbered.subset([0]))):
        given(monkeypatch, train, test)
        sets = image_sets("batch 5")
        assert numbers(sets.train) == list(range(40))
        assert numbers(sets.test) == list(range(40, 50))


def test_recipes_are_settled_without_batch_5(monkeypatch, numbered):
    given(monkeypatch, numbered, numbered)
    sets = image_sets("validation")
    assert numbers(sets.train) == list(range(30))
    assert numbers(sets.test) == list(range(30, 40))
    with pytest.raises(ValueError, match="judged_on=test: give one of batch 5, validation"):
        image_sets("test")


@pytest.mark.parametrize("variant", ["ConvMixer, 1 block", "Mixer, then attention"])
def test_a_row_goes_on_from_its_checkpoint(monkeypatch, tmp_path, numbered, variant):
    monkeypatch.setitem(RECIPES, variant, replaced(variant, batch_size=10))
    given(monkeypatch, numbered, numbered)
    row = run(variant, 0, "cpu", settings=SETTINGS, folder=tmp_path)
    assert row["steps"] == 4
    assert row["images"] == 40
    assert 0 <= row["accuracy"] <= 1
    again = run(variant, 0, "cpu", settings=SETTINGS, folder=tmp_path)
    assert again["accuracy"] == row["accuracy"]
    assert again["seconds"] <= row["seconds"]


def replaced(variant, **changes):
    return replace(RECIPES[variant], **changes)


def test_the_worst_seed_decides():
    rows = [
        {
            "variant": name,
            "seed": seed,
            "accuracy": recipe.rivals[0].accuracy + (0.05, 0.031)[seed],
            "parameters": 1_000,
            "epochs": recipe.epochs,
            "blocks": recipe.blocks,
        }
        for name, recipe in RECIPES.items()
        for seed in (0, 1)
    ]
    record = conclude(rows)
    assert sorted({r["points"] for r in record["rivals"]}) == [-2.78, 3.1]
    verdict = [bool(check.holds.holds(check.measure(record))) for check in EXPERIMENT.checks]
    assert verdict == [False, True, True, True]
