"""Epochs: the order of each, its batches, and a loader that counts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler


class EpochOrder(Sampler[int]):
    """In which order an epoch visits `size` samples."""

    def __init__(self, size: int, *, seed: int, shuffle: bool) -> None:
        self.size = size
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Make the next pass epoch number `epoch`. Raises `ValueError` when it is negative."""
        if epoch < 0:
            raise ValueError(f"epoch={epoch} is negative: epochs count from 0")
        self.epoch = epoch

    def indices(self) -> list[int]:
        """The samples of this epoch: a permutation of 0 to size - 1."""
        if not self.shuffle:
            return list(range(self.size))
        # Not seed + epoch: then epoch 1 of seed 0 would be epoch 0 of seed 1.
        mixed = np.random.SeedSequence([self.seed, self.epoch]).generate_state(1, np.uint32)
        generator = torch.Generator(device="cpu").manual_seed(int(mixed[0]))
        order: list[int] = torch.randperm(self.size, generator=generator, device="cpu").tolist()
        return order

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices())

    def __len__(self) -> int:
        return self.size


class EpochBatches(Sampler[list[int]]):
    """The epoch's order in slices. Whoever builds a loader around it calls `set_epoch` each time.

    `sampler`, `batch_size` and `drop_last` have torch's names, since Accelerate reads them.
    serial: give a sample's number through all epochs, epoch * size + index, not in the set alone.
    """

    def __init__(
        self, sampler: EpochOrder, *, batch_size: int, drop_last: bool, serial: bool = False
    ) -> None:
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.serial = serial

    def set_epoch(self, epoch: int) -> None:
        """Make the next pass epoch number `epoch`."""
        self.sampler.set_epoch(epoch)

    def __iter__(self) -> Iterator[list[int]]:
        order = self.sampler.indices()
        if self.serial:
            first = self.sampler.epoch * len(self.sampler)
            order = [first + index for index in order]
        for batch in range(len(self)):
            yield order[batch * self.batch_size : (batch + 1) * self.batch_size]

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole if self.drop_last or not rest else whole + 1


class EpochLoader(DataLoader[Any]):
    """A loader that moves on to the next epoch when the last batch of one was taken.

    Not its sampler does: workers read that ahead, to its end long before the last batch is taken.
    """

    batch_sampler: EpochBatches

    def set_epoch(self, epoch: int) -> None:
        """Make the next pass epoch number `epoch`. Raises `ValueError` when it is negative."""
        self.batch_sampler.set_epoch(epoch)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        epoch = self.batch_sampler.sampler.epoch
        yield from super().__iter__()
        self.set_epoch(epoch + 1)
