"""Random numbers that belong to a sample, whoever asks for them and in whatever order.

Axis letters: b samples of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Draws:
    """The numbers of one batch: a function of seed, epoch and sample alone.

    So they are the same with any number of workers or processes, and after a resume. Each call
    gives fresh ones: the first transform that asks gets the first, the next the next.

    Args:
        seed: from 0.
        epoch: from 0.
        samples: the batch's samples, by their numbers in the set.
    """

    def __init__(self, *, seed: int, epoch: int, samples: Sequence[int]) -> None:
        self.seed = seed
        self.epoch = epoch
        self.samples = np.asarray(samples, dtype=np.uint64)
        self.calls = 0

    def uniform(self, each: int) -> Tensor:
        """`each` numbers in [0, 1) for every sample: (b, each) float64."""
        state = self._sequence().generate_state(1, np.uint64)
        places = self.samples[:, None] * np.uint64(each) + np.arange(1, each + 1, dtype=np.uint64)
        # The highest 53 bits, as every generator makes its doubles.
        return torch.from_numpy((mixed(state + places * GOLDEN) >> np.uint64(11)) * 2.0**-53)

    def integers(self, each: int, *, below: int) -> Tensor:
        """`each` whole numbers from 0 to `below` - 1 for every sample: (b, each) int64."""
        return (self.uniform(each) * below).long()

    def generator(self) -> np.random.Generator:
        """For what the whole batch shares; the batch is known by its first sample."""
        return np.random.default_rng(self._sequence(int(self.samples[0])))

    def _sequence(self, *more: int) -> np.random.SeedSequence:
        self.calls += 1
        return np.random.SeedSequence([self.seed, self.epoch, self.calls, *more])


def mixed(state: NDArray[Any]) -> NDArray[Any]:
    """SplitMix64's output for each state, a multiple of GOLDEN after the seed: uint64 -> uint64.

    Any number of the stream can be had without those before it.

    Source: Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195
    """
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
