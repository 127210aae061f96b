"""With nothing mended it is the article's model; each mend changes what it says and no more."""

import pytest
import torch
from torch.testing import assert_close

from companion.cost import count_parameters
from companion.data import ImageSet, Splits
from companion.experiments import find_experiment, mnist_mended
from companion.experiments.mnist_mended import FAULTS, VARIANTS, run, training
from companion.experiments.mnist_mended.model import MendableViT, article_weights
from companion.experiments.mnist_mended.summary import by_variant, conclude, table
from companion.experiments.mnist_race.article_model import ArticleViT
from companion.experiments.mnist_race.recipes import RECIPES

IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def made(*mended: str) -> MendableViT:
    torch.manual_seed(0)
    return MendableViT(set(mended))


def test_with_nothing_mended_it_is_the_article_model():
    theirs, mine = ArticleViT(), made()
    article_weights(mine, theirs)
    assert count_parameters(mine) == count_parameters(theirs) == 41_418
    assert_close(mine(IMAGES), theirs(IMAGES))


def test_without_the_softmax_it_gives_logits():
    assert_close(made("softmax")(IMAGES).softmax(dim=-1), made()(IMAGES))
    assert not torch.allclose(made("softmax")(IMAGES).sum(dim=1), torch.ones(3))


@pytest.mark.parametrize("mended", [(), ("positions",)])
def test_positions_alone_see_the_order_of_the_other_patches(mended):
    model, mirrored = made("softmax", *mended), IMAGES.clone()
    mirrored[:, :, 7:] = IMAGES[:, :, 7:].roll(7, dims=3)
    same = torch.allclose(model(mirrored), model(IMAGES), atol=1e-6)
    assert same is (not mended)


def test_the_class_token_is_read_in_the_first_patch_s_stead():
    model = made("class token")
    for block in model.blocks:
        torch.nn.init.zeros_(block.attention.projection.weight)
    # With nothing mixed, what is read knows no image.
    assert_close(model(IMAGES), model(torch.zeros_like(IMAGES)))
    assert made("class token", "positions").positions.table.shape == (1, 17, 32)


def test_the_scale_is_the_root_of_a_head_s_length():
    assert made().blocks[0].attention.scale == pytest.approx(32**-0.5)
    assert made("scale").blocks[0].attention.scale == pytest.approx(8**-0.5)


def test_parts_are_biases_and_a_gelu():
    assert count_parameters(made("parts")) - count_parameters(made()) == 3 * 3 * 32
    assert isinstance(made("parts").blocks[0].mlp[1], torch.nn.GELU)


def test_the_schedule_alone_changes_the_training():
    article = RECIPES["article"].config
    assert training(frozenset(FAULTS) - {"schedule"}) == article
    config = training(frozenset({"schedule"}))
    assert config.learning_rate == pytest.approx(10 * article.learning_rate)
    assert (config.schedule, config.warmup_fraction) == ("cosine", 0.1)


def test_each_fault_is_mended_once_alone():
    for fault in FAULTS:
        assert VARIANTS[f"mended: {fault}"] == {fault}
    assert VARIANTS["all mended"] == set(FAULTS)
    assert len(VARIANTS) == len(FAULTS) + 2


def test_gains_are_over_the_article_of_the_same_seed():
    shares = {"the article": (0.5, 0.6), "all mended": (0.9, 0.9), "mended: scale": (0.6, 0.8)}
    rows = [
        {"variant": name, "seed": seed, "test_accuracy": share}
        for name, both in shares.items()
        for seed, share in enumerate(both)
    ]
    gains = {"all mended": [35.0, 30.0, 40.0], "mended: scale": [15.0, 10.0, 20.0]}
    record = conclude(rows)
    assert record == {"gains": gains, "rows": rows}
    head, cells = table(record)
    assert head == ["variant", "seed 0", "seed 1", "points gained"]
    assert cells[0] == ["the article", "50.0%", "60.0%", ""]
    assert cells[2] == ["mended: scale", "60.0%", "80.0%", "+15.0 (+10.0 to +20.0)"]


def test_a_row_is_trained_as_it_says(monkeypatch, tmp_path):
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(300) % 10
    images = torch.rand(300, 1, 28, 28, generator=generator)
    whole = ImageSet(images, labels, tuple("0123456789"))
    splits = Splits(whole, whole.subset(range(50)), "")
    monkeypatch.setattr(mnist_mended, "image_sets", lambda _: splits)
    settings = {"data": "mnist", "images": 256, "epochs": 2}
    steps = {"the article": 8, "mended: batch": 4, "all mended": 4}
    for variant, count in steps.items():
        row = run(variant, 0, "cpu", settings=settings, folder=tmp_path / variant)
        assert row["steps"] == count
        assert 0 <= row["test_accuracy"] <= 1


def test_every_row_has_three_seeds():
    experiment = find_experiment("mnist_mended")
    assert set(experiment.variants.values()) == {(0, 1, 2)}


def test_shares_right_stand_by_variant():
    rows = [{"variant": "a", "seed": s, "test_accuracy": x} for s, x in ((0, 0.5), (1, 0.25))]
    assert by_variant({"rows": rows}) == {"a": [50.0, 25.0]}
