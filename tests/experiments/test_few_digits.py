"""The rival's size, MNIST made small, and rows that are trained on what their names say."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from companion.cost import count_parameters
from companion.data import ImageSet, Splits
from companion.experiments import few_digits
from companion.experiments.few_digits import (
    HELP,
    VARIANTS,
    build,
    run,
    shrunk_mnist,
)
from companion.experiments.few_digits.convnet import convnet, matched_convnet
from companion.experiments.few_digits.others import MODELS, OTHERS
from companion.experiments.few_digits.summary import COLOURS, from_worst, table

SIZES = {"image_size": 8, "channels": 1, "num_classes": 10}


@pytest.fixture
def small_mnist(monkeypatch) -> ImageSet:
    """Forty images whose labels go round."""
    images = torch.rand(40, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    whole = ImageSet(images, torch.arange(40) % 10, tuple("0123456789"))
    monkeypatch.setattr(few_digits, "load_vision", lambda *_, **__: Splits(whole, whole, ""))
    return whole


def test_the_rival_has_about_as_many_parameters():
    vit, rival = build("ViT"), build("ConvNet")
    assert count_parameters(vit) == 152_202
    assert abs(count_parameters(rival) / 152_202 - 1) < 0.02


def with_seed(name):
    torch.manual_seed(0)
    return build(name).eval()


def test_one_part_is_exchanged_and_the_rest_begins_alike():
    plain, larger = with_seed("ViT"), with_seed("ViT: larger positions")
    assert larger.positions.table.std() / plain.positions.table.std() > 10
    assert_close(larger.blocks.state_dict(), plain.blocks.state_dict())
    every, image = with_seed("ViT: every place read"), torch.rand(1, 1, 8, 8)
    tokens = every.blocks(every.positions(every.class_token(every.embed(image))))
    moved = tokens[:, [0, 2, 1, *range(3, 17)]]
    assert not torch.allclose(every.head(every.pool(moved)), every(image))
    mean = with_seed("ViT: mean of places read")
    assert_close(mean.head(mean.pool(moved)), mean.head(mean.pool(tokens)))
    assert_close(mean.pool(tokens), F.layer_norm(tokens[:, 1:].mean(dim=1), (64,), eps=1e-6))
    assert_close(mean.state_dict(), plain.state_dict())
    names = [type(part).__name__ for part in build("ConvNet: no batch normalisation")]
    assert "BatchNorm2d" not in names
    assert names.count("Conv2d") == 3
    assert abs(count_parameters(build("MLP: nothing")) / 152_202 - 1) < 0.001
    assert all(build(name)(image).shape == (1, 10) for name in OTHERS)


def test_the_rival_tells_places_apart_to_the_end():
    torch.manual_seed(0)
    model, image = convnet(4, **SIZES).eval(), torch.zeros(1, 1, 8, 8)
    image[..., :3, :3] = 1.0
    assert not torch.allclose(model(image), model(image.flip(3)))
    assert model(image).shape == (1, 10)
    assert convnet(4, image_size=28, channels=3, num_classes=5)[0].stride == (2, 2)


def test_a_match_is_the_nearest_width():
    for parameters in (5_000, 60_000):
        found = abs(count_parameters(matched_convnet(parameters, **SIZES)) - parameters)
        others = (abs(count_parameters(convnet(w, **SIZES)) - parameters) for w in range(2, 80))
        assert found == min(others)


def test_the_table_has_shares_wrong_by_seed():
    shares = {0: 0.5, 1: 0.75}
    rows = [{"variant": "ViT: shifts", "seed": s, "accuracy": share} for s, share in shares.items()]
    head, cells = table({"rows": rows})
    assert head == ["model", "and besides", "seed 0", "seed 1"]
    assert cells == [["ViT", "shifts", "50.0%", "25.0%"]]


def test_the_variant_with_most_mistakes_stands_first_and_every_model_has_a_colour():
    rows = [{"variant": v, "seed": 0, "accuracy": a} for v, a in (("a", 0.75), ("b", 0.5))]
    assert from_worst({"rows": rows}) == {"b": [50.0], "a": [25.0]}
    assert {name.split(":")[0] for name in VARIANTS} == set(COLOURS)


def test_a_width_of_nothing_is_refused():
    with pytest.raises(ValueError, match="width"):
        convnet(0, **SIZES)


def test_mnist_is_cut_and_averaged(small_mnist):
    shrunk = shrunk_mnist(40)
    assert shrunk.pixels.shape == (40, 1, 8, 8)
    assert_close(shrunk.pixels[7, 0, 0, 0], small_mnist.pixels[7, 0, 2:5, 2:5].mean())
    assert len(shrunk_mnist(12)) == 12


def test_a_row_is_trained_on_what_its_name_says(small_mnist, monkeypatch, tmp_path):
    settings = {"images": 50, "steps": 2, "steps_first": 2}
    for name, given in HELP.items():
        first = replace(given, first=40 if given.first else 0)
        monkeypatch.setitem(few_digits.VARIANTS, f"ConvNet: {name}", ("ConvNet", first))
    rows = {
        name: run(f"ConvNet: {name}", 0, "cpu", settings=settings, folder=tmp_path / name)
        for name in HELP
    }
    before = {name: row["accuracy_before"] for name, row in rows.items()}
    assert before["nothing"] == before["shifts"]
    assert before["MNIST first"] != before["nothing"]
    assert rows["nothing"]["accuracy"] != rows["shifts"]["accuracy"]
    assert {row["test_images"] for row in rows.values()} == {450}
    assert {model for model, _ in VARIANTS.values()} == {*MODELS, *OTHERS}
