"""From a set of images to batches, in an order that depends on the seed and the epoch alone."""

from __future__ import annotations

from typing import Any, Protocol

import torch

from companion.checks import require_positive, require_seed
from companion.data.epochs import EpochBatches, EpochLoader, EpochOrder
from companion.data.transforms.compose import Transform, Transformed


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
    transform: Transform | None = None,
    workers: int = 0,
) -> EpochLoader:
    """A loader of a set's batches: of an `ImageSet`, (b, c, y, x) float32 and (b,) int64 labels.

    Every pass is one epoch, shuffled and transformed anew. Both depend on `seed`, epoch and sample
    alone: not on threads, workers, the global random state, or on a pass that was broken off.
    `loader.set_epoch(epoch)` returns to an epoch. Under Accelerate each process gets its share.

    Args:
        images: the set.
        batch_size: images in a batch; the last may hold fewer.
        seed: of the order and of what the transform draws.
        shuffle: whether the order is drawn; else it is that of the set.
        drop_last: whether a last batch that is not full is left out.
        transform: what is done to each batch of images and labels; several by `Compose`.
        workers: processes that prepare batches ahead, kept from epoch to epoch; 0 is none.

    Raises:
        ValueError: `batch_size` is no whole number of at least 1, `seed` or `workers` none of at
            least 0, or `drop_last` leaves no batch.
    """
    require_positive(batch_size=batch_size)
    require_seed(seed)
    if workers < 0:
        raise ValueError(f"workers={workers} is negative: give 0 for none")
    if drop_last and batch_size > len(images):
        raise ValueError(
            f"drop_last=True leaves no batch: batch_size={batch_size} is more than the "
            f"{len(images)} images; make batches smaller or keep the last one"
        )
    order = EpochOrder(len(images), seed=seed, shuffle=shuffle)
    samples = images if transform is None else Transformed(images, transform, seed=seed)
    return EpochLoader(
        samples,  # type: ignore[arg-type]
        batch_sampler=EpochBatches(
            order, batch_size=batch_size, drop_last=drop_last, serial=transform is not None
        ),
        collate_fn=_as_it_is,
        num_workers=workers,
        persistent_workers=workers > 0,
        # A generator of its own: without it, each pass would draw from the global random state.
        generator=torch.Generator(),
    )


def _as_it_is(batch: Any) -> Any:
    return batch
