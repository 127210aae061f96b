"""The article's model and recipe as described; counting against values worked out by hand."""

import dataclasses
from itertools import count

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion import cost
from companion.data import ImageSet, Splits, batches
from companion.experiments import find_experiment, mnist_race
from companion.experiments.mnist_race import conclude, run
from companion.experiments.mnist_race.article_model import ArticleViT
from companion.experiments.mnist_race.counting import (
    CountedLoss,
    Point,
    epoch_accuracy,
    normalised,
    running_accuracy,
    seconds_to,
    thin,
)
from companion.experiments.mnist_race.recipes import RECIPES
from companion.models import ViT
from companion.training import fit, make_optimizer

ARTICLE, OURS = RECIPES["article"], RECIPES["ours"]


def test_the_article_model_is_the_one_described():
    torch.manual_seed(0)
    model = ArticleViT()
    assert cost.count_parameters(model) == 41_418
    images = torch.randn(3, 1, 28, 28)
    probabilities = model(images)
    assert_close(probabilities.sum(dim=1), torch.ones(3))
    assert (probabilities > 0).all()
    # With nothing mixed, only the upper left patch can matter.
    for block in model.blocks:
        nn.init.zeros_(block.projection.weight)
    elsewhere = images.clone()
    elsewhere[:, :, 7:, :] = 0
    elsewhere[:, :, :7, 7:] = 0
    assert_close(model(elsewhere), model(images))
    elsewhere[:, :, 0, 0] += 1
    assert not torch.allclose(model(elsewhere), model(images))


def test_the_article_model_cannot_see_the_order_of_the_other_patches():
    torch.manual_seed(0)
    model, images = ArticleViT(), torch.randn(2, 1, 28, 28)
    mirrored = images.clone()
    mirrored[:, :, 7:] = images[:, :, 7:].roll(7, dims=2)
    assert_close(model(mirrored), model(images))


def test_the_article_heads_attend_scaled_by_the_token_dim():
    torch.manual_seed(0)
    head, tokens = ArticleViT().blocks[0].heads[0], torch.randn(2, 16, 32)
    expected = F.scaled_dot_product_attention(
        head.query(tokens), head.key(tokens), head.value(tokens), scale=32**-0.5
    )
    assert_close(head(tokens), expected)


def test_the_recipes_are_those_described():
    adam = make_optimizer(ArticleViT(), ARTICLE.config)
    assert type(adam) is torch.optim.Adam
    assert adam.defaults["lr"] == 3e-4
    assert (ARTICLE.batch_size, ARTICLE.config.epochs) == (64, 20)
    assert (ARTICLE.config.clip_norm, ARTICLE.config.schedule) == (None, "constant")
    assert ARTICLE.config.warmup_fraction == 0
    model = OURS.build()
    assert isinstance(model, ViT)
    assert cost.count_parameters(model) <= 41_418


@pytest.fixture
def few_digits(monkeypatch) -> Splits:
    """256 images to learn from, of which the upper left row says the class."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(256) % 10
    images = torch.rand(256, 1, 28, 28, generator=generator) * 0.1
    images[torch.arange(256), 0, 0, labels] = 1.0
    whole = ImageSet(images, labels, tuple("0123456789"))
    splits = Splits(whole, whole.subset(range(50)), "")
    monkeypatch.setattr(mnist_race, "load_vision", lambda *_, **__: splits)
    monkeypatch.setattr(mnist_race, "WINDOW", 128)
    return splits


def test_an_update_is_that_of_torch(few_digits):
    config = dataclasses.replace(ARTICLE.config, epochs=1, progress=False, device="cpu")
    feed = lambda: batches(few_digits.train, batch_size=64, seed=3, drop_last=True)  # noqa: E731
    torch.manual_seed(3)
    ours, theirs = ArticleViT(), ArticleViT()
    theirs.load_state_dict(ours.state_dict())
    fit(ours, feed(), CountedLoss(4, lambda: 0.0), config)
    optimizer = torch.optim.Adam(theirs.parameters(), lr=3e-4)
    for images, labels in feed():
        optimizer.zero_grad()
        F.cross_entropy(theirs((images - 0.5) / 0.5), labels).backward()
        optimizer.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert_close(a, b, rtol=1e-5, atol=1e-7)


def test_right_answers_and_seconds_are_noted_step_by_step(few_digits):
    ticks = iter([10.0, 11.0, 13.0, 17.0, 17.5])
    loss = CountedLoss(4, lambda: next(ticks))
    right, answers = [], []

    class Recorder(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = ArticleViT()

        def forward(self, images):
            output = self.model(images)
            answers.append(output.detach().argmax(dim=1))
            return output

    def note(step):
        loss.note_time(step)
        right.append(int(loss.right[step.step]))

    feed = batches(few_digits.train, batch_size=64, seed=0, drop_last=True)
    config = dataclasses.replace(ARTICLE.config, epochs=1, progress=False, device="cpu")
    fit(Recorder(), feed, loss, config, after_step=note)
    assert loss.seconds.tolist() == [1.0, 3.0, 7.0, 7.5]
    feed.batch_sampler.set_epoch(0)
    wanted = [int((a == labels).sum()) for a, (_, labels) in zip(answers, feed, strict=True)]
    assert right == wanted


def test_images_are_normalised_as_in_the_article():
    assert normalised(torch.tensor([0.0, 0.5, 1.0])).tolist() == [-1, 0, 1]


def test_the_running_accuracy_is_the_share_right_among_the_last():
    right, seconds = torch.tensor([2, 0, 0, 2]), torch.tensor([1.0, 2.0, 3.0, 4.0])
    sizes = {"batch_size": 2, "window": 4}
    wanted = [Point(2.0, 0.5), Point(3.0, 0.0), Point(4.0, 0.5)]
    assert running_accuracy(right, seconds, **sizes) == wanted
    # Whole batches alone, so a few images more.
    assert running_accuracy(right, seconds, batch_size=2, window=3) == wanted
    assert running_accuracy(right, seconds, batch_size=2, window=9) == []
    assert epoch_accuracy(right, seconds, batch_size=2, epochs=2) == [wanted[0], wanted[2]]


def test_thin_keeps_the_last_and_seconds_to_finds_the_first():
    points = [Point(float(i), i / 1000) for i in range(1001)]
    thinned = thin(points)
    assert len(thinned) <= 100
    assert thinned[-1] == points[-1]
    assert thin(points[:7]) == points[:7]
    assert seconds_to(points, 0.94) == 940.0
    assert seconds_to(points, 2.0) is None


@pytest.mark.parametrize("variant", RECIPES)
def test_a_row_that_was_broken_off_goes_on(few_digits, monkeypatch, tmp_path, variant):
    settings = {"data": "mnist", "epochs": 3}
    # A clock on which each step takes a second.
    monkeypatch.setattr(mnist_race, "clock", lambda _: count().__next__)
    whole = run(variant, 1, "cpu", settings=settings, folder=tmp_path / "whole")
    steps, note_time = [], CountedLoss.note_time

    def stop(self, step):
        note_time(self, step)
        steps.append(step.step)
        if len(steps) == 2 * (256 // RECIPES[variant].batch_size) - 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(CountedLoss, "note_time", stop)
    with pytest.raises(KeyboardInterrupt):
        run(variant, 1, "cpu", settings=settings, folder=tmp_path / "halves")
    row = run(variant, 1, "cpu", settings=settings, folder=tmp_path / "halves")
    # The first epoch was not trained again, and neither its answers nor its time were forgotten.
    assert steps.count(0) == 1
    assert row == whole
    assert row["seconds"] == row["steps"]


def test_digits_need_no_download(tmp_path):
    settings = {"data": "digits", "epochs": 1}
    row = run("ours", 0, "cpu", settings=settings, folder=tmp_path)
    assert row["steps"] == 1347 // 128
    assert row["seconds_to"] == {"window": None, "epoch": None}
    with pytest.raises(ValueError, match="data=letters: give mnist, or digits"):
        run("ours", 0, "cpu", settings={"data": "letters", "epochs": 1}, folder=tmp_path)


def race(article: dict, *ours: dict) -> dict:
    """Rows whose seconds to the target are given by window and by epoch."""
    rows = [{"variant": "ours", "seconds": 20.0, "seconds_to": to} for to in ours]
    return conclude([{"variant": "article", "seconds": 300.0, "seconds_to": article}, *rows])


def verdict(record: dict) -> list[bool]:
    checks = find_experiment("mnist_race").checks
    return [check.holds.holds(check.measure(record)) for check in checks]


def test_medians_are_compared_and_both_measures_judged():
    theirs = {"window": 120.0, "epoch": 180.0}
    record = race(theirs, *({"window": w, "epoch": 30.0} for w in (10.0, 20.0, 90.0)))
    assert record["times_faster"] == {"window": 6.0, "epoch": 6.0}
    assert record["median_seconds"]["ours"] == {"window": 20.0, "epoch": 30.0}
    assert verdict(record) == [True, True]
    assert verdict(race(theirs, {"window": 20.0, "epoch": 30.1})) == [True, False]


def test_where_the_article_never_arrives_all_its_time_counts():
    record = race({"window": None, "epoch": None}, {"window": 10.0, "epoch": 50.0})
    assert record["times_faster"] == {"window": 30.0, "epoch": 6.0}


def test_where_ours_never_arrives_the_target_is_missed():
    record = race({"window": 120.0, "epoch": 180.0}, {"window": None, "epoch": None})
    assert record["median_seconds"]["ours"] == {"window": None, "epoch": None}
    assert verdict(record) == [False, False]
