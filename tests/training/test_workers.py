"""Batches made in other processes: epoch and random numbers reach them, or `fit` refuses."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from companion.training import CrossEntropy, FitConfig, fit


class Noisy(Dataset):
    """Random numbers of the worker's, and the epoch that it was told of."""

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.full((6,), float(index)) + torch.randn(6), torch.tensor(index % 3)

    def __len__(self) -> int:
        return 12


class Told(Noisy):
    epoch = -1

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.full((6,), float(self.epoch)), torch.tensor(0)


def from_worker(dataset: Dataset, *, persistent: bool) -> DataLoader:
    draws = torch.Generator().manual_seed(1)
    return DataLoader(
        dataset, batch_size=6, num_workers=1, persistent_workers=persistent, generator=draws
    )


def test_workers_that_outlive_an_epoch_are_refused_where_it_matters(build, tmp_path):
    words = r"persistent_workers=True: .* give the DataLoader persistent_workers=False"
    told, noisy = (from_worker(kind(), persistent=True) for kind in (Told, Noisy))
    with pytest.raises(ValueError, match=words):
        fit(build(), told, CrossEntropy(), FitConfig(2, 0.01))
    with pytest.raises(ValueError, match=words):
        fit(build(), noisy, CrossEntropy(), FitConfig(2, 0.01, checkpoint_dir=tmp_path))
    assert list(tmp_path.iterdir()) == []
    fit(build(), noisy, CrossEntropy(), FitConfig(2, 0.01))


def test_workers_of_one_epoch_hear_of_it_and_can_be_taken_up_again(build, broken_off, same):
    seen = []

    def loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        seen.append(batch[0][0, 0].item())
        return CrossEntropy()(model, batch)

    fit(build(), from_worker(Told(), persistent=False), loss, FitConfig(3, 0.01))
    assert seen == [0, 0, 1, 1, 2, 2]

    loaders = lambda: from_worker(Noisy(), persistent=False)  # noqa: E731
    whole, stopped, resumed = broken_off(loaders, stop=3)
    assert same(whole, resumed)
    assert not same(whole, stopped)
