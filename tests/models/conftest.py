"""What several models' tests share."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F


@pytest.fixture
def loss_after() -> Callable[..., float]:
    """Train on one batch of eight grey images of 8 x 8; the last loss."""

    def train(model: nn.Module, *, steps: int, rate: float) -> float:
        images, labels = torch.rand(8, 1, 8, 8), torch.arange(8) % 5
        optimizer = torch.optim.Adam(model.parameters(), lr=rate)
        for _ in range(steps):
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.item()

    return train
