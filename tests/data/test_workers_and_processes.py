"""Batches and what is drawn for them: the same with any workers or processes, and after a stop."""

from itertools import islice

import pytest
import torch
from accelerate.data_loader import BatchSamplerShard
from torch import Tensor

from companion.data import Compose, ImageSet, Mixup, RandomCrop, RandomFlip, batches
from companion.data.epochs import EpochLoader
from companion.data.transforms.compose import Transform

SIZE, BATCH = 21, 4
MOVED = Compose(RandomCrop(padding=2, border="reflect"), RandomFlip())
MIXED = Compose(MOVED, Mixup(alpha=0.8, num_classes=SIZE))
Batch = tuple[Tensor, Tensor]


def numbered() -> ImageSet:
    """Image k has label k, and no two are alike."""
    pixels = torch.randint(
        256, (SIZE, 3, 6, 6), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    return ImageSet(pixels, torch.arange(SIZE), tuple(str(k) for k in range(SIZE)))


def loader(transform: Transform | None = MIXED, *, workers: int = 0, seed: int = 0) -> EpochLoader:
    return batches(numbered(), batch_size=BATCH, seed=seed, transform=transform, workers=workers)


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in zip(one, other, strict=True)
    )


@pytest.fixture(scope="module")
def epochs() -> list[list[Batch]]:
    """Three epochs without workers."""
    plain = loader()
    return [list(plain) for _ in range(3)]


def test_a_transform_is_drawn_anew_in_each_epoch_and_for_each_seed(epochs) -> None:
    images = {}
    for epoch in range(2):
        for seed in range(2):
            moved = loader(MOVED, seed=seed)
            moved.set_epoch(epoch)
            images[epoch, seed] = {
                int(k): image
                for batch, labels in moved
                for image, k in zip(batch, labels, strict=True)
            }
            assert sorted(images[epoch, seed]) == list(range(SIZE))
    first = images.pop((0, 0))
    for others in images.values():
        # 50 ways for an image to lie: by chance one in 50 stays.
        assert sum(torch.equal(first[k], others[k]) for k in first) < SIZE / 3


@pytest.mark.parametrize("workers", [1, 2])
def test_any_number_of_workers_gives_the_same_epochs(epochs, workers: int) -> None:
    """The workers live on from epoch to epoch; nobody tells them which one it is."""
    working = loader(workers=workers)
    for epoch in epochs:
        assert same(list(working), epoch)
    working.set_epoch(1)
    assert same(list(working), epochs[1])
    assert same(list(working), epochs[2])


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("taken", [1, 5])
def test_a_pass_broken_off_is_not_an_epoch(epochs, workers: int, taken: int) -> None:
    """A worker has prepared all six batches by then."""
    stopped = loader(workers=workers)
    assert same(list(islice(stopped, taken)), epochs[0][:taken])
    assert same(list(stopped), epochs[0])
    assert same(list(stopped), epochs[1])


def test_the_global_random_state_is_neither_read_nor_changed(epochs) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    assert same(list(loader()), epochs[0])
    assert torch.equal(torch.get_rng_state(), before)


def share(process: int, *, split: bool, transform: Transform) -> list[Batch]:
    """What one of two processes gets in epoch 1."""
    whole = loader(transform)
    shard = BatchSamplerShard(
        whole.batch_sampler,
        num_processes=2,
        process_index=process,
        split_batches=split,
        even_batches=False,
    )
    whole.set_epoch(1)
    return [whole.dataset.__getitems__(serials) for serials in shard]  # type: ignore[attr-defined]


def test_two_processes_get_the_batches_of_one_in_turns(epochs) -> None:
    for process in range(2):
        mine = share(process, split=False, transform=MIXED)
        assert same(mine, epochs[1][process::2])


def test_processes_that_split_each_batch_see_each_image_as_one_process_does() -> None:
    moved = loader(MOVED)
    moved.set_epoch(1)
    halves = [share(process, split=True, transform=MOVED) for process in range(2)]
    together = [
        (torch.cat([one[0], other[0]]), torch.cat([one[1], other[1]]))
        for one, other in zip(*halves, strict=False)
    ]
    assert same(together, list(moved)[: len(together)])
    assert len(together) == SIZE // BATCH


def test_a_function_of_ones_own_is_a_transform() -> None:
    def brighter(images: Tensor, labels: Tensor, _: object) -> Batch:
        return images / 2 + 0.5, labels

    for (images, labels), (plain, _) in zip(loader(brighter), loader(None), strict=True):
        assert torch.equal(images, plain / 2 + 0.5)
        assert labels.dtype == torch.int64


def test_a_number_of_workers_below_zero() -> None:
    with pytest.raises(ValueError, match="workers=-1 is negative"):
        loader(workers=-1)
