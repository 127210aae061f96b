"""A task learned in a moment, which of three directions a point lies in; and runs broken off."""

import math
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from companion.training import CrossEntropy, FitConfig, Step, fit


@pytest.fixture
def points() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(7)
    inputs = torch.randn(90, 6, generator=generator)
    return inputs, inputs[:, :3].argmax(dim=-1)


@pytest.fixture
def batches(points: tuple[Tensor, Tensor]) -> DataLoader:
    return DataLoader(TensorDataset(*points), batch_size=16, shuffle=True)


@pytest.fixture
def build() -> Callable[..., nn.Module]:
    def build(*, seed: int = 0, width: int = 16, dropout: float = 0.1) -> nn.Module:
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Linear(6, width),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width, 3),
        )

    return build


State = dict[str, Tensor]


@pytest.fixture(scope="session")
def weights() -> Callable[[nn.Module], State]:
    return lambda model: {name: tensor.clone() for name, tensor in model.state_dict().items()}


@pytest.fixture(scope="session")
def same() -> Callable[[State, State], bool]:
    def same(one: State, other: State) -> bool:
        return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)

    return same


@pytest.fixture(scope="session")
def stop_at() -> Callable[[int], Callable[[Step], None]]:
    """An `after_step` that breaks the run off at a step."""

    def stop_at(number: int) -> Callable[[Step], None]:
        def after_step(step: Step) -> None:
            if step.step == number:
                raise KeyboardInterrupt

        return after_step

    return stop_at


@pytest.fixture
def broken_off(build, weights, stop_at, tmp_path: Path) -> Callable[..., list[State]]:
    """Weights of one run of 3 epochs: left alone, broken off at a step, and then taken up again."""

    def run(make_batches: Callable[[], Iterable], *, stop: int, **options: object) -> list[State]:
        states = []
        for folder, after_step in ((None, None), (tmp_path, stop_at(stop)), (tmp_path, None)):
            model = build(dropout=0.3)
            torch.manual_seed(4)
            config = FitConfig(3, 0.01, checkpoint_dir=folder)
            with pytest.raises(KeyboardInterrupt) if after_step else nullcontext():
                fit(model, make_batches(), CrossEntropy(), config, after_step=after_step, **options)
            states.append(weights(model))
        return states

    return run


class Poisoned:
    """Cross-entropy that turns bad at one call: its value, or its gradient alone."""

    def __init__(self, *, at: int, how: str) -> None:
        self.at, self.how, self.calls = at, how, 0

    def __call__(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        loss = CrossEntropy()(model, batch)
        self.calls += 1
        if self.calls != self.at + 1:
            return loss
        if self.how == "gradient":
            # The square root's slope at 0 is infinite while its value is not.
            return loss + next(model.parameters()).sub(next(model.parameters())).sqrt().sum()
        return loss * {"nan": math.nan, "inf": math.inf}[self.how]


@pytest.fixture(scope="session")
def poisoned() -> type[Poisoned]:
    return Poisoned
