"""Six families: budgets that are equal, images made harder as said, and rows that hold it all."""

from functools import partial

import pytest
import torch
from torch.testing import assert_close

from companion.data import Splits, load_digits
from companion.experiments import bake_off
from companion.experiments.bake_off import EXPERIMENT, VARIANTS, right, run
from companion.experiments.bake_off.damage import blurred, damages, moved, noisy, shuffled
from companion.experiments.bake_off.models import BUDGETS, FAMILIES, matched, price, vit
from companion.experiments.bake_off.prices import memory, speeds
from companion.experiments.bake_off.tasks import TASKS, Task, photographs
from companion.parts import PatchGrid, to_patches

SETTINGS = {"epochs": 1, "pairs": 1}
GRID = PatchGrid(8, 2, 1)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("budget", "most"), [("parameters", 0.05), ("operations", 0.1)])
def test_every_family_spends_what_the_vit_does(task, budget, most):
    sizes = TASKS[task].sizes
    wanted = price(budget, vit(sizes), sizes)
    for family in FAMILIES:
        model = matched(family, sizes, budget=budget)
        assert abs(price(budget, model, sizes) / wanted - 1) <= most, family
        grid = sizes.grid
        images = torch.rand(2, grid.channels, grid.image_size, grid.image_size)
        assert model(images).shape == (2, sizes.num_classes)


def test_no_width_beside_the_chosen_one_comes_closer():
    sizes = TASKS["digits"].sizes
    wanted = price("parameters", vit(sizes), sizes)
    for family in ("MLP-Mixer", "ResNet"):
        found = abs(
            price("parameters", matched(family, sizes, budget="parameters"), sizes) - wanted
        )
        for width in range(1, 140, 3):
            assert abs(price("parameters", FAMILIES[family](sizes, width), sizes) - wanted) >= found


def test_an_unknown_budget_is_refused_and_prices_leave_a_model_in_its_mode():
    sizes = TASKS["digits"].sizes
    with pytest.raises(ValueError, match="budget='seconds': give one of parameters, operations"):
        matched("ViT", sizes, budget="seconds")
    model = vit(sizes).train()
    price("operations", model, sizes)
    assert model.training


def test_moved_images_go_four_ways_and_repeat_their_edge():
    images = torch.arange(16.0).view(1, 1, 4, 4).repeat(5, 1, 1, 1)
    out = moved(images, 1)
    assert_close(out[0, 0, :, 1:], images[0, 0, :, :-1])
    assert_close(out[0, 0, :, 0], images[0, 0, :, 0])
    assert_close(out[1, 0, 1:], images[1, 0, :-1])
    assert_close(out[2, 0, :, :-1], images[2, 0, :, 1:])
    assert_close(out[3, 0, :-1], images[3, 0, 1:])
    assert_close(out[4], out[0])
    assert_close(moved(images, 0), images)


def test_noise_is_the_same_each_time_and_stays_in_bounds():
    images = torch.full((4, 3, 16, 16), 0.5)
    out = noisy(images, 0.1)
    assert_close(out, noisy(images, 0.1))
    assert float((out - images).std()) == pytest.approx(0.1, rel=0.05)
    assert float(noisy(images, 2.0).min()) == 0
    assert float(noisy(images, 2.0).max()) == 1


def test_blur_spreads_a_point_by_its_deviation_and_keeps_what_is_even():
    point = torch.zeros(1, 2, 21, 21)
    point[:, :, 10, 10] = 1
    out = blurred(point, 1.5)
    assert_close(out.sum(dim=(2, 3)), torch.ones(1, 2))
    steps = torch.arange(21.0) - 10
    assert float((out[0, 0].sum(0) * steps**2).sum() ** 0.5) == pytest.approx(1.5, rel=0.03)
    assert_close(out, out.mT)
    even = torch.full((1, 1, 8, 8), 0.3)
    assert_close(blurred(even, 2.0), even)


@pytest.mark.parametrize(("share", "away"), [(0.25, 4), (0.5, 8), (1.0, 16)])
def test_as_many_patches_change_places_as_asked_and_none_is_lost(share, away):
    images = torch.rand(3, 1, 8, 8)
    before, after = to_patches(images, 2), to_patches(shuffled(images, share, GRID), 2)
    assert ((before - after).abs().amax(dim=2) > 0).sum(dim=1).tolist() == [away] * 3
    assert_close(before.sum(2).sort(dim=1).values, after.sum(2).sort(dim=1).values)


def test_damages_are_as_strong_as_the_task_says():
    task = TASKS["digits"]
    calls = damages(task.sizes.grid, task.strengths)
    assert list(calls) == ["shift", "noise", "blur", "shuffle"]
    images = torch.rand(2, 1, 8, 8)
    assert_close(calls["shift"][1](images), moved(images, 2))
    assert_close(calls["noise"][2](images), noisy(images, 0.4))
    assert_close(calls["blur"][0](images), blurred(images, 0.5))
    assert_close(calls["shuffle"][2](images), shuffled(images, 1.0, GRID))


def test_right_counts_what_a_model_says_of_changed_images():
    _, test, _ = load_digits(seed=0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    said = model(test.images.flip(3)).argmax(1)
    share = float((said == test.labels).float().mean())
    assert right(model, test, lambda images: images.flip(3)) == pytest.approx(share, abs=1e-4)


def test_a_row_holds_answers_and_prices(tmp_path):
    row = run("ResNet, equal operations: digits", 0, "cpu", settings=SETTINGS, folder=tmp_path)
    assert (row["family"], row["budget"], row["task"]) == ("ResNet", "operations", "digits")
    assert (row["test_images"], row["steps"]) == (450, 21)
    assert all(len(row[name]) == 3 for name in ("shift", "noise", "blur", "shuffle", "training"))
    assert row["memory"] > 100_000
    again = run(
        "ResNet, equal operations: digits", 0, "cpu", settings=SETTINGS, folder=tmp_path / "two"
    )
    for name in ("accuracy", "train_accuracy", "noise", "memory"):
        assert again[name] == row[name]


def test_who_takes_a_third_of_the_vits_time_is_three_times_as_fast(monkeypatch):
    monkeypatch.setattr(bake_off.prices, "time_pairs", lambda *_, **__: ([1.0] * 9, [3.0] * 9))
    sizes = TASKS["digits"].sizes
    assert speeds(vit(sizes), sizes, "cpu", pairs=9) == {
        "training": [3.0] * 3,
        "answering": [3.0] * 3,
    }


def test_the_vit_is_as_fast_as_itself_and_takes_as_much_memory():
    sizes = TASKS["digits"].sizes
    found = speeds(vit(sizes), sizes, "cpu", pairs=5)
    for middle, low, high in found.values():
        assert low <= middle <= high
        assert 0.4 < middle < 2.5
    assert memory(vit(sizes), sizes, "cpu") == memory(vit(sizes), sizes, "cpu")


def test_photographs_are_the_first_of_cifar10(monkeypatch):
    train, _, note = load_digits()
    few = torch.arange(6_001) % len(train)
    monkeypatch.setattr(
        "companion.experiments.bake_off.tasks.load_vision",
        lambda *_, **__: Splits(train.subset(few), train.subset(few[:2_001]), note),
    )
    found = photographs.__wrapped__()
    assert (len(found.train), len(found.test)) == (6_000, 2_000)


def test_every_task_has_a_rate_for_every_family_and_the_vit_has_one_row():
    assert all(
        isinstance(task, Task) and set(task.rates) == set(FAMILIES) for task in TASKS.values()
    )
    assert len(VARIANTS) == len(TASKS) * (len(FAMILIES) * len(BUDGETS) - 1)
    assert "ViT, equal operations: digits" not in VARIANTS


def test_a_budget_that_is_not_kept_fails_the_check():
    sizes = {"ViT": 100, "ResNet": 104}
    rows = [
        {"family": f, "budget": b, "task": "digits", "parameters": n, "operations": n}
        for b in BUDGETS
        for f, n in sizes.items()
    ]
    parameters, operations = EXPERIMENT.checks
    assert parameters.holds.holds(parameters.measure({"rows": rows}))
    rows[1]["parameters"] = 106
    rows[3]["operations"] = 111
    assert not parameters.holds.holds(parameters.measure({"rows": rows}))
    assert not operations.holds.holds(operations.measure({"rows": rows}))


def test_every_family_learns_from_the_same_batches(monkeypatch):
    seen = []
    monkeypatch.setattr(
        bake_off, "fit", lambda _, feed, *__: seen.append([x for x, _ in feed]) or History()
    )
    train = load_digits(seed=0).train.subset(range(200))
    learn = partial(bake_off.learned, train=train, epochs=1, rate=1e-3, seed=0)
    for family in ("ViT", "ResNet"):
        learn(matched(family, TASKS["digits"].sizes, budget="parameters"))
    assert_close(*seen)


class History:
    """Of a training that did not take place."""

    steps = ()
