"""The order of the images depends on seed and epoch alone, and every image comes once."""

from collections.abc import Iterable, Iterator
from itertools import chain

import pytest
import torch
from accelerate import Accelerator
from accelerate.data_loader import BatchSamplerShard
from accelerate.state import AcceleratorState, GradientState
from hypothesis import given, strategies as st
from torch import Tensor

from companion.data import ImageSet, batches


def numbered(n: int) -> ImageSet:
    """Image k is filled with k / n, so that an image tells its own index."""
    images = (torch.arange(n) / n).reshape(n, 1, 1, 1).expand(n, 1, 2, 2).contiguous()
    return ImageSet(images, torch.arange(n), tuple(str(k) for k in range(n)))


def flat(lists: Iterable[list[int]]) -> list[int]:
    return list(chain.from_iterable(lists))


def order(loader: Iterable[tuple[Tensor, Tensor]]) -> list[int]:
    return [label for _, labels in loader for label in labels.tolist()]


@given(n=st.integers(1, 40), batch_size=st.integers(1, 50), shuffle=st.booleans())
def test_every_image_comes_once_with_its_label(n: int, batch_size: int, shuffle: bool) -> None:
    loader = batches(numbered(n), batch_size=batch_size, seed=0, shuffle=shuffle)
    seen = []
    for images, labels in loader:
        assert torch.equal(images[:, 0, 0, 0], labels / n)
        seen.append(labels.tolist())
    assert sorted(flat(seen)) == list(range(n))
    assert all(len(batch) == batch_size for batch in seen[:-1])
    assert len(loader) == len(seen)
    if not shuffle:
        assert flat(seen) == list(range(n))


@given(n=st.integers(1, 40), batch_size=st.integers(1, 40))
def test_drop_last_leaves_only_whole_batches(n: int, batch_size: int) -> None:
    if batch_size > n:
        with pytest.raises(ValueError, match=rf"batch_size={batch_size} is more than the {n} im"):
            batches(numbered(n), batch_size=batch_size, seed=0, drop_last=True)
        return
    loader = batches(numbered(n), batch_size=batch_size, seed=0, drop_last=True)
    sizes = [len(labels) for _, labels in loader]
    assert sizes == [batch_size] * (n // batch_size)
    assert len(loader) == len(sizes)


@given(batch_size=st.integers(-5, 0))
def test_a_batch_of_nothing(batch_size: int) -> None:
    with pytest.raises(ValueError, match=rf"batch_size={batch_size}: give a whole number"):
        batches(numbered(3), batch_size=batch_size, seed=0)


def test_a_negative_seed_or_epoch() -> None:
    with pytest.raises(ValueError, match="seed=-3: give 0"):
        batches(numbered(3), batch_size=1, seed=-3)
    with pytest.raises(ValueError, match="epoch=-1 is negative"):
        batches(numbered(3), batch_size=1, seed=0).batch_sampler.set_epoch(-1)


def test_the_order_is_pinned() -> None:
    """Stored results depend on it: it must not change with versions, threads or machines."""
    loader = batches(numbered(10), batch_size=4, seed=0)
    assert [order(loader), order(loader)] == [
        [6, 3, 1, 5, 8, 7, 0, 2, 9, 4],
        [4, 8, 5, 0, 7, 6, 2, 3, 9, 1],
    ]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_and_the_global_state_change_nothing(threads: int) -> None:
    expected = order(batches(numbered(5000), batch_size=64, seed=1))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        torch.manual_seed(threads)
        assert order(batches(numbered(5000), batch_size=64, seed=1)) == expected
    finally:
        torch.set_num_threads(before)


def test_a_pass_draws_nothing_from_the_global_state() -> None:
    loader = batches(numbered(10), batch_size=3, seed=0)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    order(loader)
    assert torch.equal(torch.get_rng_state(), before)


def test_epochs_advance_by_themselves_and_can_be_returned_to() -> None:
    loader = batches(numbered(50), batch_size=8, seed=0)
    epochs = [order(loader) for _ in range(3)]
    assert len({tuple(epoch) for epoch in epochs}) == 3
    loader.batch_sampler.set_epoch(1)
    assert [order(loader), order(loader)] == epochs[1:]


def test_a_look_at_the_first_batch_does_not_change_the_training() -> None:
    loader = batches(numbered(50), batch_size=8, seed=0)
    _, first = next(iter(loader))
    assert order(loader)[:8] == first.tolist()


def test_seeds_do_not_share_epochs() -> None:
    """With seed + epoch as the seed, epoch 1 of seed 0 would be epoch 0 of seed 1."""
    seen = set()
    for seed in range(5):
        loader = batches(numbered(50), batch_size=50, seed=seed)
        seen |= {tuple(order(loader)) for _ in range(5)}
    assert len(seen) == 25


@pytest.fixture
def accelerator() -> Iterator[Accelerator]:
    AcceleratorState._reset_state(True)
    GradientState._reset_state()
    yield Accelerator(cpu=True)
    AcceleratorState._reset_state(True)
    GradientState._reset_state()


def test_accelerate_keeps_order_and_epochs(accelerator: Accelerator) -> None:
    plain = batches(numbered(50), batch_size=8, seed=4)
    expected = [order(plain) for _ in range(4)]
    prepared = accelerator.prepare(batches(numbered(50), batch_size=8, seed=4))
    assert [order(prepared) for _ in range(3)] == expected[:3]
    prepared.set_epoch(1)
    assert [order(prepared), order(prepared)] == expected[1:3]


@pytest.mark.parametrize("split_batches", [False, True])
@pytest.mark.parametrize("n", [64, 61])
def test_two_processes_share_an_epoch(n: int, split_batches: bool) -> None:
    """Each image in exactly one process; where batches must be even, some come again."""
    shards = [
        BatchSamplerShard(
            batches(numbered(n), batch_size=8, seed=2).batch_sampler,
            num_processes=2,
            process_index=process,
            split_batches=split_batches,
            even_batches=n == 61 and not split_batches,
        )
        for process in range(2)
    ]
    for _ in range(2):
        shares = [flat(shard) for shard in shards]
        repeated = len(shares[0]) + len(shares[1]) - n
        assert set(shares[0]) | set(shares[1]) == set(range(n))
        assert repeated == len(set(shares[0]) & set(shares[1])) <= 8
        if n == 64:
            assert repeated == 0


def test_the_shards_of_an_epoch_differ_from_the_next_ones() -> None:
    sampler = batches(numbered(64), batch_size=8, seed=2).batch_sampler
    shard = BatchSamplerShard(sampler, num_processes=2, process_index=1)
    first = flat(shard)
    assert flat(shard) == first
    sampler.set_epoch(1)
    assert flat(shard) != first


@pytest.mark.parametrize("batch_size", [2.0, 1.5, "2", True, None])
def test_a_batch_size_that_is_no_whole_number(batch_size: object) -> None:
    with pytest.raises(ValueError, match=rf"batch_size={batch_size!r}: give a whole number"):
        batches(numbered(3), batch_size=batch_size, seed=0)  # type: ignore[arg-type]
