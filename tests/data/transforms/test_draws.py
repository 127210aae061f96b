"""Random numbers belong to seed, epoch and sample, whoever else is in the batch."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from companion.data.transforms.draws import GOLDEN, Draws, mixed


def draws(samples: list[int], *, seed: int = 0, epoch: int = 0) -> Draws:
    return Draws(seed=seed, epoch=epoch, samples=samples)


def test_the_stream_is_splitmix64() -> None:
    """The first five numbers of seed 1234567, as other implementations list them."""
    states = np.array([1234567], dtype=np.uint64) + np.arange(1, 6, dtype=np.uint64) * GOLDEN
    assert mixed(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(samples=st.lists(st.integers(0, 10**6), min_size=1, max_size=9), each=st.integers(1, 4))
def test_a_sample_has_the_same_numbers_in_any_batch(samples: list[int], each: int) -> None:
    together = draws(samples).uniform(each)
    assert together.shape == (len(samples), each)
    alone = torch.cat([draws([sample]).uniform(each) for sample in samples])
    assert torch.equal(together, alone)


def test_seed_epoch_sample_and_call_each_change_the_numbers() -> None:
    one = draws([0, 1])
    seen = [one.uniform(3), one.uniform(3)]
    seen += [draws([0, 1], seed=1).uniform(3), draws([0, 1], epoch=1).uniform(3)]
    # Not seed + epoch: then epoch 1 of seed 0 would be epoch 0 of seed 1.
    numbers = torch.cat(seen).flatten().tolist()
    assert len(set(numbers)) == len(numbers)


def test_numbers_fill_0_to_1_evenly_and_samples_do_not_resemble_each_other() -> None:
    numbers = draws(list(range(20_000))).uniform(2)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = torch.histc(numbers, bins=10, min=0, max=1)
    # 40,000 in ten bins: 4,000 each, give or take five deviations of 60.
    assert (counts - 4000).abs().max() < 300
    columns = torch.corrcoef(numbers.T)[0, 1]
    neighbours = torch.corrcoef(torch.stack([numbers[:-1, 0], numbers[1:, 0]]))[0, 1]
    assert max(abs(columns), abs(neighbours)) < 0.035


def test_whole_numbers_reach_both_ends() -> None:
    numbers = draws(list(range(500))).integers(2, below=5)
    assert numbers.dtype == torch.int64
    assert numbers.unique().tolist() == [0, 1, 2, 3, 4]


def test_what_a_batch_shares_belongs_to_its_first_sample() -> None:
    value = draws([7, 3]).generator().random()
    assert draws([7, 9, 1]).generator().random() == value
    assert draws([3, 7]).generator().random() != value
    assert draws([7, 3], epoch=1).generator().random() != value


def test_the_numbers_are_pinned() -> None:
    """Stored results depend on them."""
    assert draws([0, 49_999], seed=3, epoch=2).uniform(2).flatten().tolist() == pytest.approx(
        [0.7028132327774291, 0.6168758879402952, 0.10226066822460445, 0.022046925422739005],
        abs=1e-15,
    )
    assert draws([5]).generator().beta(0.8, 0.8) == pytest.approx(0.015239893942103287, abs=1e-12)
