"""A checkpoint is taken up by the run that made it, and by no other."""

import os
import runpy
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import SGD
from torch.utils.data import DataLoader, Subset, TensorDataset

from companion.data import ImageSet, batches
from companion.training import CheckpointError, CrossEntropy, FitConfig, cosine_schedule, fit
from companion.training.identity import digest


def images(seed: int) -> ImageSet:
    draws = torch.Generator().manual_seed(seed)
    pixels = torch.rand(20, 1, 4, 4, generator=draws)
    return ImageSet(pixels, torch.randint(0, 2, (20,), generator=draws), ("a", "b"))


def train(
    folder, *, start=0, dropout=0.0, frozen=(), loss=None, loader=None, stop=None, set=None, **more
):
    """The run that all others are compared with, but for what is given."""
    torch.manual_seed(start)
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 4), nn.Dropout(dropout), nn.Linear(4, 2))
    for name in frozen:
        net.get_parameter(name).requires_grad_(False)
    config = FitConfig(3, 0.01, checkpoint_dir=folder, **(set or {}))

    def after_step(step: object) -> None:
        if step.step == stop:
            raise KeyboardInterrupt

    loader = loader or batches(images(0), batch_size=5, seed=0)
    return fit(net, loader, loss or CrossEntropy(), config, after_step=after_step, **more)


def smooth(model: nn.Module, batch: tuple[Tensor, Tensor], *, by: float) -> Tensor:
    return F.cross_entropy(model(batch[0]), batch[1], label_smoothing=by)


def one(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    return F.cross_entropy(model(batch[0]), batch[1])


def other(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    return F.multi_margin_loss(model(batch[0]), batch[1])


other.__qualname__ = other.__name__ = "one"


def from_teacher(seed: int):
    torch.manual_seed(seed)
    teacher = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    return lambda model, batch: F.mse_loss(model(batch[0]), teacher(batch[0]))


def sgd(model: nn.Module, config: FitConfig, momentum: float = 0.0) -> SGD:
    return SGD(model.parameters(), lr=config.learning_rate, momentum=momentum)


def listed(seed: int) -> list[tuple[Tensor, Tensor]]:
    return [images(seed).__getitems__(range(n, n + 5)) for n in range(0, 20, 5)]


def changed_late() -> DataLoader:
    """The first batch is that of the others."""
    same = images(0)
    loader = batches(same, batch_size=5, seed=0)
    last = list(loader.batch_sampler.sampler.indices())[-1]
    pixels = same.images.clone()
    pixels[last] = 0.5
    return batches(ImageSet(pixels, same.labels, same.classes), batch_size=5, seed=0)


def some(rows: list[int]) -> DataLoader:
    whole = TensorDataset(images(0).images, images(0).labels)
    return DataLoader(Subset(whole, rows), batch_size=5)


OTHERS = {
    "weight decay": ({}, {"set": {"weight_decay": 0.1}}, r"weight_decay was 0\.05, is 0\.1"),
    "schedule": ({}, {"set": {"schedule": "constant"}}, "schedule was 'cosine', is 'constant'"),
    "betas": (
        {},
        {"set": {"betas": (0.8, 0.99)}},
        r"betas was \(0\.9, 0\.999\), is \(0\.8, 0\.99\)",
    ),
    "clipping": ({}, {"set": {"clip_norm": None}}, r"clip_norm was 1\.0, is None"),
    "precision": ({}, {"set": {"mixed_precision": "bf16"}}, "mixed_precision was 'no', is 'bf16'"),
    "seed": ({}, {"loader": batches(images(0), batch_size=5, seed=1)}, "seed was 0, is 1"),
    "batch size": ({}, {"loader": batches(images(0), batch_size=6, seed=0)}, "batch_size was 5"),
    "images": ({}, {"loader": batches(images(1), batch_size=5, seed=0)}, "data was"),
    "an image": ({}, {"loader": changed_late()}, "data was"),
    "a list": ({"loader": listed(0)}, {"loader": listed(1)}, "data was"),
    "part": ({"loader": some([*range(20)])}, {"loader": some([*range(19), 18])}, "data was"),
    "number of batches": ({}, {"loader": listed(0)[:3]}, "steps_per_epoch was 4, is 3"),
    "smoothing": ({}, {"loss": CrossEntropy(label_smoothing=0.5)}, "loss was 'CrossEntropy"),
    "a number": ({"loss": partial(smooth, by=0.1)}, {"loss": partial(smooth, by=0.2)}, "loss was"),
    "code": ({"loss": one}, {"loss": other}, "loss was 'one "),
    "teacher": ({"loss": from_teacher(0)}, {"loss": from_teacher(1)}, "loss was"),
    "start": ({}, {"start": 1}, "model at the start was"),
    "dropout": ({}, {"dropout": 0.5}, "model at the start was"),
    "frozen": ({}, {"frozen": ["1.weight"]}, r"trained was \['model\.1\.weight \[4, 16\]"),
    "frozen others": ({"frozen": ["1.weight"]}, {"frozen": ["3.weight"]}, "trained was"),
    "optimizer": ({}, {"optimizer": sgd}, "optimizer was 'AdamW', is 'SGD'"),
    "momentum": (
        {"optimizer": sgd},
        {"optimizer": partial(sgd, momentum=0.9)},
        "optimizer's settings was",
    ),
    "own schedule": (
        {"schedule": partial(cosine_schedule, warmup=1)},
        {"schedule": partial(cosine_schedule, warmup=2)},
        "schedule was",
    ),
    "hook": ({}, {"before_step": lambda *_: None}, "before_step was None"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_runs_checkpoint_is_refused_and_nothing_overwritten(tmp_path, name):
    first, then, words = OTHERS[name]
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, stop=5, **first)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before) == 1
    with pytest.raises(CheckpointError, match=words):
        train(tmp_path, stop=0, **then)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert len(train(tmp_path, **first).epochs) == 3


MIXTURE = """
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from companion.training.identity import digest


@dataclass
class Settings:
    words: set
    path: Path = Path("runs")
    array: object = None


def mixture(rate, other):
    settings = Settings({"a", "b", "c", "d"}, array=np.array([1.0, rate]))
    settings.itself = settings
    chosen = lambda x: rate if x in {"p", "q", "r", "s"} else max(x, key=lambda y: y + other)
    torch.manual_seed(0)
    return [partial(chosen, 1), settings, nn.Linear(2, 2), np.float32(other), torch.Generator()]


digests = [digest(mixture(*numbers)) for numbers in ((1, 2), (1, 2), (3, 2), (1, 4))]
print(*digests, sep=";")
"""


def test_digests_are_the_same_in_every_process(tmp_path):
    script = tmp_path / "mixture.py"
    script.write_text(MIXTURE)
    command, environment = [sys.executable, str(script)], {**os.environ, "PYTHONHASHSEED": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    one, again, other, another = runpy.run_path(str(script))["digests"]
    assert done.stdout.strip().split(";") == [one, again, other, another]
    assert one == again
    assert len({one, other, another}) == 3


class Counted(TensorDataset):
    """Knows what it was asked for, in a name that is nobody's business."""

    def __getitem__(self, index: int):
        self.__dict__.setdefault("_asked", []).append(index)
        return super().__getitem__(index)


def test_looking_at_the_first_batch_leaves_no_trace(tmp_path):
    data = Counted(images(0).images, images(0).labels)
    results = []
    for folder in (None, tmp_path):
        own = torch.Generator().manual_seed(5)
        loader = DataLoader(data, batch_size=5, shuffle=True, generator=own)
        results.append(train(folder, loader=loader).steps)
    assert results[0] == results[1]
    # Were its private list of the run, this would be another one.
    own = torch.Generator().manual_seed(5)
    loader = DataLoader(data, batch_size=5, shuffle=True, generator=own)
    assert train(tmp_path, loader=loader, stop=0).steps == results[0]


@pytest.mark.parametrize("device", ["cpu", "cuda:0", "mps"])
def test_tensors_are_known_by_their_values_wherever_they_lie(device):
    if device != "cpu" and not getattr(torch, device.partition(":")[0]).is_available():
        pytest.skip("no such device here")
    numbers = torch.arange(6.0).reshape(2, 3)
    assert digest(numbers.to(device)) == digest(numbers.clone())
    assert digest(numbers) == digest(numbers.T.contiguous().T)
    assert digest(numbers) != digest(numbers.reshape(3, 2))
    assert digest(numbers) != digest(numbers.int())
    assert digest(np.arange(6)) != digest(np.arange(6).reshape(2, 3))
    assert digest(numbers.bfloat16()[0, 0]) == digest(torch.zeros((), dtype=torch.bfloat16))
