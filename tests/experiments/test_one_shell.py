"""Only the mixer differs between rows: parameters, start, images and steps are the same."""

import pytest
import torch
from torch.testing import assert_close

from companion.cost import count_parameters
from companion.data import Splits, load_digits
from companion.experiments import one_shell
from companion.experiments.one_shell import EXPERIMENT, VARIANTS, conclude, run
from companion.experiments.one_shell.shell import MIXERS, matched
from companion.experiments.one_shell.tasks import TASKS, Task, photographs

SETTINGS = {"steps": 3, "learning_rate": 1e-3}


@pytest.mark.parametrize("task", TASKS)
def test_parameters_are_those_of_attention_within_five_in_a_hundred(task):
    sizes = TASKS[task].sizes
    with torch.device("meta"):
        counts = {mixer: count_parameters(matched(mixer, sizes)) for mixer in MIXERS}
    for count in counts.values():
        assert abs(count / counts["attention"] - 1) <= 0.05


@pytest.mark.parametrize("mixer", MIXERS)
def test_the_mixer_decides_how_far_a_change_is_heard(mixer):
    """Which tokens change when one patch does, before the mean is taken."""
    torch.manual_seed(0)
    model = matched(mixer, TASKS["digits"].sizes).eval()
    image = torch.rand(1, 1, 8, 8)
    edited = image.clone()
    edited[..., :2, :2] += 1
    heard = (model.features(edited) - model.features(image)).abs().amax(dim=2)[0] > 1e-7
    reached = {
        "none": [0],
        "shift": [0, 1, 2, 4, 5, 8],  # two steps at most
        "convolution": [0, 1, 2, 4, 5, 6, 8, 9, 10],  # two kernels of three patches
    }
    assert heard.nonzero().flatten().tolist() == reached.get(mixer, list(range(16)))


def test_a_row_is_trained_and_judged(tmp_path):
    for mixer in ("attention", "none"):
        row = run(f"{mixer}: digits", 0, "cpu", settings=SETTINGS, folder=tmp_path / mixer)
        assert (row["mixer"], row["task"]) == (mixer, "digits")
        assert row["test_images"] == 450
        assert row["steps"] == 21  # an epoch at least
        again = run(f"{mixer}: digits", 0, "cpu", settings=SETTINGS, folder=tmp_path / mixer)
        assert again["accuracy"] == row["accuracy"]


def test_every_mixer_sees_the_same_images_in_the_same_order(tmp_path, monkeypatch):
    seen = []

    def noted(model, feed, loss, config):
        seen.append(torch.cat([images for images, _ in feed]))
        return original(model, feed, loss, config)

    original = one_shell.fit
    monkeypatch.setattr(one_shell, "fit", noted)
    for mixer in ("attention", "Fourier"):
        run(f"{mixer}: digits", 0, "cpu", settings=SETTINGS, folder=tmp_path / mixer)
    assert_close(*seen)


@pytest.mark.parametrize("task", [task for task in TASKS if task != "photographs"])
def test_a_task_fits_its_shell(task):
    train, test, _ = TASKS[task].load(0)
    model = matched("none", TASKS[task].sizes)
    assert model(test[:2][0]).shape == (2, test.num_classes)
    assert len(train) > TASKS[task].batch_size


def test_photographs_are_the_first_of_cifar10(monkeypatch):
    train, test, note = load_digits()
    monkeypatch.setattr(
        "companion.experiments.one_shell.tasks.load_vision",
        lambda *_, **__: Splits(train.subset(torch.arange(20_001) % len(train)), test, note),
    )
    assert len(photographs(0).train) == 20_000
    assert isinstance(TASKS["photographs"], Task)


def test_the_table_has_a_line_a_task_and_the_seeds_in_order():
    rows = [
        {"mixer": mixer, "task": task, "seed": seed, "accuracy": seed / 10, "parameters": 100}
        for mixer, task in VARIANTS.values()
        for seed in (2, 0, 1)
    ]
    record = conclude(rows)
    assert set(record["table"]) == set(TASKS)
    assert all(line == {m: [0.0, 0.1, 0.2] for m in MIXERS} for line in record["table"].values())
    (check,) = EXPERIMENT.checks
    assert check.measure(record) == 0
    rows[-1]["parameters"] = 110
    assert not check.holds.holds(check.measure(record))
