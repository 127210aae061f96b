import json
import math
import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from companion.training import CheckpointError, CrossEntropy, FitConfig, fit


class Stop(Exception):
    """What a reader's Ctrl-C amounts to."""


class NoisyCrossEntropy(nn.Module):
    """Draws from every random source, and keeps a running mean as DINO's centre is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(3))

    def forward(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        inputs, labels = batch
        noise = random.gauss(0, 1) + np.random.normal() + torch.randn(()).item()  # noqa: NPY002
        logits = model(inputs + 0.1 * noise)
        self.centre.mul_(0.9).add_(logits.detach().mean(0), alpha=0.1)
        return nn.functional.cross_entropy(logits - self.centre, labels)


def seed_everything() -> None:
    random.seed(11)
    np.random.seed(11)  # noqa: NPY002
    torch.manual_seed(11)


def run(build, points, folder, *, stop_after=None, generator=False, **settings):
    """Weights and history of a run of 4 epochs, stopped after some steps."""
    own = torch.Generator().manual_seed(5) if generator else None
    loader = DataLoader(TensorDataset(*points), batch_size=32, shuffle=True, generator=own)
    model, loss = build(dropout=0.3), NoisyCrossEntropy()
    seed_everything()
    steps = 0

    def after_step(_: object) -> None:
        nonlocal steps
        steps += 1
        if steps == stop_after:
            raise Stop

    config = FitConfig(4, 0.01, checkpoint_dir=folder, **settings)
    history = fit(
        model,
        loader,
        loss,
        config,
        after_step=after_step,
        after_epoch=lambda *_: {"random": torch.rand(()).item()},
    )
    return {**model.state_dict(), "centre": loss.centre}, history


def without_seconds(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
@pytest.mark.parametrize("generator", [False, True])
@pytest.mark.parametrize("every", [1, 3])
def test_a_stopped_run_ends_in_the_same_bits(build, points, tmp_path, optimizer, generator, every):
    settings = {
        "optimizer": optimizer,
        "weight_decay": 0.05 if optimizer == "adamw" else 0.0,
        "generator": generator,
    }
    wanted, history = run(build, points, None, **settings)
    for stop_after in (2, 3, 5, 6):
        with pytest.raises(Stop):
            run(build, points, tmp_path, stop_after=stop_after, checkpoint_every=every, **settings)
        random.seed()
        torch.seed()
    state, resumed = run(build, points, tmp_path, checkpoint_every=every, **settings)
    assert all(torch.equal(state[name], wanted[name]) for name in wanted)
    assert resumed.steps == history.steps
    assert without_seconds(resumed.epochs) == without_seconds(history.epochs)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0004"]


def test_a_finished_run_is_given_back_untrained(build, points, tmp_path):
    wanted, history = run(build, points, tmp_path)
    # Were it to train, it would be stopped.
    state, again = run(build, points, tmp_path, stop_after=1)
    assert all(torch.equal(state[name], wanted[name]) for name in wanted)
    assert (again.steps, again.epochs) == (history.steps, history.epochs)


def test_checkpoints_do_not_change_the_run(build, points, tmp_path):
    without, _ = run(build, points, None)
    with_them, _ = run(build, points, tmp_path)
    assert all(torch.equal(without[name], with_them[name]) for name in without)


def test_nothing_is_pickled(build, points, tmp_path):
    run(build, points, tmp_path)
    files = sorted(path.name for path in tmp_path.glob("*/*"))
    assert files == ["state.json", "state.safetensors"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weight_decay": 0.1}, "weight_decay was 0.05 and is 0.1"),
        ({"schedule": "constant"}, "schedule was 'cosine' and is 'constant'"),
        ({"betas": (0.8, 0.99)}, r"betas was \[0.9, 0.999\] and is \[0.8, 0.99\]"),
        ({"clip_norm": None}, "clip_norm was 1.0 and is None"),
        ({"mixed_precision": "bf16"}, "mixed_precision was 'no' and is 'bf16'"),
    ],
)
def test_another_runs_checkpoint_is_refused(build, points, tmp_path, settings, message):
    run(build, points, tmp_path)
    with pytest.raises(CheckpointError, match=rf"epoch-0004 is of another run: {message}\. Resume"):
        run(build, points, tmp_path, **settings)


def test_where_and_how_often_may_change(build, points, tmp_path):
    run(build, points, tmp_path / "one")
    (tmp_path / "one").rename(tmp_path / "two")
    run(build, points, tmp_path / "two", stop_after=1, checkpoint_every=2, device="cpu")


def test_another_model_or_number_of_batches_is_refused(build, points, tmp_path):
    config = FitConfig(1, 0.01, checkpoint_dir=tmp_path)
    fit(build(width=16), [points], CrossEntropy(), config)
    other = build(width=8)
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    with pytest.raises(CheckpointError, match=r"another model: 0.weight is \(16, 6\), the model's"):
        fit(other, [points], CrossEntropy(), config)
    assert all(torch.equal(tensor, before[name]) for name, tensor in other.state_dict().items())
    with pytest.raises(CheckpointError, match="steps_per_epoch was 1 and is 2"):
        fit(build(width=16), [points, points], CrossEntropy(), config)


@pytest.mark.parametrize("name", ["state.json", "state.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "emptied"])
def test_a_damaged_checkpoint_is_named(build, points, tmp_path, name, damage):
    run(build, points, tmp_path)
    path = tmp_path / "epoch-0004" / name
    content = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "changed":
        content[len(content) // 3] ^= 1
        path.write_bytes(content)
    else:
        path.write_bytes(content[: len(content) // 2 if damage == "cut" else 0])
    with pytest.raises(CheckpointError, match=r"epoch-0004 is damaged .*delete that folder"):
        run(build, points, tmp_path)


def test_the_old_checkpoint_stays_until_the_new_one_is_whole(build, points, tmp_path, monkeypatch):
    with pytest.raises(Stop):
        run(build, points, tmp_path, stop_after=4)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0001"]

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            run(build, points, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0001"]
    state, _ = run(build, points, tmp_path)
    wanted, _ = run(build, points, None)
    assert all(torch.equal(state[name], wanted[name]) for name in wanted)


def test_a_file_in_the_folders_place_is_refused(build, points, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="is a file: give a folder"):
        run(build, points, tmp_path / "file")


def test_metrics_that_are_no_numbers_come_back(build, points, tmp_path):
    config = FitConfig(1, 0.01, checkpoint_dir=tmp_path)
    for _ in range(2):
        history = fit(
            build(), [points], CrossEntropy(), config, after_epoch=lambda *_: {"gap": math.nan}
        )
        assert math.isnan(history.column("gap")[0])


def test_the_position_can_be_read_by_eye(build, points, tmp_path: Path):
    run(build, points, tmp_path)
    state = json.loads((tmp_path / "epoch-0004" / "state.json").read_text())
    assert state["run"]["learning_rate"] == 0.01
    assert [row["epoch"] for row in state["history"]] == [0, 1, 2, 3]
