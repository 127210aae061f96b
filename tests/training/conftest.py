"""A task that is learned in a moment: which of three directions a point lies in."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


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
