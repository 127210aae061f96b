"""From a set of images to batches, in an order that depends on the seed and the epoch alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

from companion.checks import require_positive, require_seed


class Batchable(Protocol):
    """A set of samples that gives a whole batch at once, such as `ImageSet` or `SequenceSet`."""

    def __len__(self) -> int: ...

    def __getitems__(self, indices: list[int], /) -> Any: ...


def batches(
    images: Batchable,
    *,
    batch_size: int,
    seed: int,
    shuffle: bool = True,
    drop_last: bool = False,
) -> DataLoader[Any]:
    """A loader of a set's batches: of an `ImageSet`, (b, c, y, x) float32 and (b,) int64 labels.

    Every pass is one epoch, shuffled anew. The order depends on `seed` and epoch alone: not on
    threads, on the global random state, or on a pass that was broken off. To return to an epoch,
    call `loader.batch_sampler.set_epoch(epoch)`. Under Accelerate each process gets its share.

    Raises `ValueError` when `batch_size` is no whole number, it or `seed` is too small, or
    `drop_last` leaves no batch.
    """
    require_positive(batch_size=batch_size)
    require_seed(seed)
    if drop_last and batch_size > len(images):
        raise ValueError(
            f"drop_last=True leaves no batch: batch_size={batch_size} is more than the "
            f"{len(images)} images; make batches smaller or keep the last one"
        )
    order = EpochOrder(len(images), seed=seed, shuffle=shuffle)
    return DataLoader(
        images,  # type: ignore[arg-type]
        batch_sampler=EpochBatches(order, batch_size=batch_size, drop_last=drop_last),
        collate_fn=_as_it_is,
        # A generator of its own: without it, each pass would draw from the global random state.
        generator=torch.Generator(),
    )


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
    """The epoch's order in slices; a pass that reaches its end moves on to the next epoch.

    `sampler`, `batch_size` and `drop_last` have torch's names, since Accelerate reads them.
    """

    def __init__(self, sampler: EpochOrder, *, batch_size: int, drop_last: bool) -> None:
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def set_epoch(self, epoch: int) -> None:
        """Make the next pass epoch number `epoch`."""
        self.sampler.set_epoch(epoch)

    def __iter__(self) -> Iterator[list[int]]:
        epoch, order = self.sampler.epoch, self.sampler.indices()
        for batch in range(len(self)):
            yield order[batch * self.batch_size : (batch + 1) * self.batch_size]
        self.set_epoch(epoch + 1)

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole if self.drop_last or not rest else whole + 1


def _as_it_is(batch: Any) -> Any:
    return batch
