"""CIFAR-10 parted: no image is both learned and judged, and recipes never see batch 5."""

import pytest
import torch

from companion.data import ImageSet, Splits, load_cifar10_apart, official_cifar10_images
from companion.data.images.cifar import apart


@pytest.fixture
def numbered(monkeypatch) -> ImageSet:
    """Fifty images, each of one number; forty stand for batches 1 to 4."""
    pixels = torch.arange(50, dtype=torch.uint8).view(50, 1, 1, 1).repeat(1, 3, 32, 32)
    monkeypatch.setattr(apart, "JUDGES", {"batch 5": 40, "validation": 30})
    monkeypatch.setattr(apart, "JUDGED", 10)
    return ImageSet(pixels, torch.arange(50) % 10, tuple("0123456789"))


def given(monkeypatch, train: ImageSet, test: ImageSet) -> None:
    monkeypatch.setattr(apart, "load_vision", lambda *_, **__: Splits(train, test, ""))


def numbers(images: ImageSet) -> list[int]:
    return images.pixels[:, 0, 0, 0].tolist()


def test_batch_5_is_judged_whether_or_not_the_official_test_images_are_there(monkeypatch, numbered):
    fifth = numbered.subset(range(40, 50))
    for train, test in ((numbered.subset(range(40)), fifth), (numbered, numbered.subset([0]))):
        given(monkeypatch, train, test)
        sets = load_cifar10_apart("batch 5")
        assert numbers(sets.train) == list(range(40))
        assert numbers(sets.test) == list(range(40, 50))


def test_recipes_are_settled_without_batch_5(monkeypatch, numbered):
    given(monkeypatch, numbered, numbered)
    sets = load_cifar10_apart("validation")
    assert numbers(sets.train) == list(range(30))
    assert numbers(sets.test) == list(range(30, 40))
    with pytest.raises(ValueError, match="judged_on=test: give one of batch 5, validation"):
        load_cifar10_apart("test")


def test_official_images_come_from_the_whole_test_set_where_that_is_at_hand(monkeypatch, numbered):
    def absent():
        raise FileNotFoundError

    pixels = torch.zeros(1200, 3, 1, 1, dtype=torch.uint8)
    many = ImageSet(pixels, torch.arange(1200) % 10, numbered.classes)
    given(monkeypatch, numbered, many)
    monkeypatch.setattr(apart, "load_cifar10_first_test_images", absent)
    assert len(official_cifar10_images()) == 1000
    monkeypatch.setattr(apart, "load_cifar10_first_test_images", lambda: numbered)
    assert official_cifar10_images() is numbered
