import hashlib
import io
import math
import os
import pickle
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


def epochs_in(folder: Path) -> list[int]:
    """Of which epochs there are checkpoints; there must be nothing else."""
    return sorted(int(path.name.split("-")[1]) for path in folder.iterdir())


def newest(folder: Path) -> Path:
    return max(folder.glob("epoch-*.pt"))


def put(content: object, folder: Path, *, epoch: int) -> None:
    """Write a checkpoint as `fit` would, with another content."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    checksum = hashlib.sha256(buffer.getvalue()).hexdigest()[:16]
    (folder / f"epoch-{epoch:06d}-{checksum}.pt").write_bytes(buffer.getvalue())


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
    assert epochs_in(tmp_path) == [3, 4]


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


def test_opening_one_runs_nobodys_code(build, points, tmp_path):
    run(build, points, tmp_path)
    content = torch.load(newest(tmp_path), weights_only=True)
    assert content["run"]["learning_rate"] == 0.01
    assert [row["epoch"] for row in content["epochs"]] == [0, 1, 2, 3]

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    put({"run": Trap()}, tmp_path, epoch=9)
    with pytest.raises(pickle.UnpicklingError):
        run(build, points, tmp_path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(build, points, tmp_path, damage):
    wanted, _ = run(build, points, tmp_path)
    spoil(newest(tmp_path), damage)
    with pytest.warns(
        UserWarning, match=r"epoch-000004-\w+.pt is damaged: going on from epoch-000003"
    ):
        state, history = run(build, points, tmp_path)
    assert all(torch.equal(state[name], wanted[name]) for name in wanted)
    assert len(history.epochs) == 4
    assert epochs_in(tmp_path) == [3, 4]
    run(build, points, tmp_path, stop_after=1)


def test_none_that_is_whole_is_an_error(build, points, tmp_path):
    run(build, points, tmp_path)
    for path in tmp_path.iterdir():
        spoil(path, "changed")
    with pytest.raises(
        CheckpointError, match=r"epoch-000004-.* damaged, and none before it is whole"
    ):
        run(build, points, tmp_path)
    assert epochs_in(tmp_path) == [3, 4]


def spoil(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "changed":
        content[len(content) // 3] ^= 1
    else:
        del content[len(content) // 2 if how == "cut" else 0 :]
    path.write_bytes(content)


def test_what_else_lies_in_the_folder_stays(build, points, tmp_path):
    for name in ("epoch-best.pt", "notes.txt"):
        (tmp_path / name).write_text("mine")
    run(build, points, tmp_path)
    assert {"epoch-best.pt", "notes.txt"} < {path.name for path in tmp_path.iterdir()}


def test_where_and_how_often_may_change(build, points, tmp_path):
    run(build, points, tmp_path / "one")
    (tmp_path / "one").rename(tmp_path / "two")
    run(build, points, tmp_path / "two", stop_after=1, checkpoint_every=2, device="cpu")


def test_the_old_checkpoint_stays_until_the_new_one_is_whole(build, points, tmp_path, monkeypatch):
    with pytest.raises(Stop):
        run(build, points, tmp_path, stop_after=4)
    assert epochs_in(tmp_path) == [1]

    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            run(build, points, tmp_path)
    assert epochs_in(tmp_path) == [1]
    state, _ = run(build, points, tmp_path)
    wanted, _ = run(build, points, None)
    assert all(torch.equal(state[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("below", [".", "runs", "a/b"])
def test_a_folder_that_cannot_be_is_refused_before_the_first_step(build, points, tmp_path, below):
    (tmp_path / "file").write_text("")
    words = r"checkpoint_dir=.*file.* cannot be written to: .*\. Give another folder"
    with pytest.raises(CheckpointError, match=words):
        run(build, points, tmp_path / "file" / below, stop_after=1, checkpoint_every=4)


def test_a_folder_without_room_is_refused_before_the_first_step(
    build, points, tmp_path, monkeypatch
):
    def read_only(descriptor: int) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "fsync", read_only)
    with pytest.raises(CheckpointError, match=r"Read-only file system.*Give another folder"):
        run(build, points, tmp_path, stop_after=1)
    assert list(tmp_path.iterdir()) == []


def test_metrics_that_are_no_numbers_come_back(build, points, tmp_path):
    config = FitConfig(1, 0.01, checkpoint_dir=tmp_path)
    for _ in range(2):
        history = fit(
            build(), [points], CrossEntropy(), config, after_epoch=lambda *_: {"gap": math.nan}
        )
        assert math.isnan(history.column("gap")[0])


def test_a_gpu_that_is_gone_is_no_obstacle(build, points, tmp_path):
    with pytest.raises(Stop):
        run(build, points, tmp_path, stop_after=5, device="cpu")
    path = newest(tmp_path)
    saved = torch.load(path, weights_only=True)
    assert saved["random"][0].keys() == {"python", "numpy", "torch", "batches"}
    saved["random"][0]["cuda"] = torch.zeros(16, dtype=torch.uint8)
    path.unlink()
    put(saved, tmp_path, epoch=1)
    state, _ = run(build, points, tmp_path, device="cpu")
    wanted, _ = run(build, points, None, device="cpu")
    assert all(torch.equal(state[name], wanted[name]) for name in wanted)
