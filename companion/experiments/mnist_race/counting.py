"""How many images were answered right as they were trained on, and after how many seconds.

Axes: b batch, c channels, y x image, t steps.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.training.history import Step


class Point(NamedTuple):
    """After so many of the run's own seconds, the share of the last images that was right."""

    seconds: float
    accuracy: float


class CountedLoss(nn.Module):
    """Cross-entropy of what the model returns, which notes every step's time and right answers.

    Images (b, c, y, x) are normalised by mean and deviation 0.5, as in the article. The notes are
    buffers, so that they go into checkpoints, and a run that was broken off goes on counting.

    Args:
        steps: of the whole run.
        now: the clock; it runs from here on.
    """

    right: Tensor
    seconds: Tensor
    taken: Tensor
    now: Callable[[], float]

    def __init__(self, steps: int, now: Callable[[], float]) -> None:
        super().__init__()
        self.now, self._read = now, now()
        self.register_buffer("right", torch.zeros(steps, dtype=torch.int64))
        self.register_buffer("seconds", torch.zeros(steps, dtype=torch.float64))
        self.register_buffer("taken", torch.zeros((), dtype=torch.int64))

    def forward(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        images, labels = batch
        output = model(normalised(images))
        self.right[self.taken] = (output.detach().argmax(dim=1) == labels).sum()
        return F.cross_entropy(output, labels)

    def note_time(self, step: Step) -> None:
        """Add what has passed since the last step: for `fit`'s `after_step`."""
        before, self._read = self._read, self.now()
        earlier = self.seconds[step.step - 1] if step.step else 0.0
        self.seconds[step.step] = earlier + self._read - before
        self.taken += 1


def normalised(images: Tensor) -> Tensor:
    """Pixels from [0, 1] to [-1, 1]."""
    return (images - 0.5) / 0.5


def running_accuracy(
    right: Tensor, seconds: Tensor, *, batch_size: int, window: int
) -> list[Point]:
    """The share right among the last `window` images or a few more, in whole batches.

    right (t,) and seconds (t,) -> a point for each step from that on at which there are as many.
    """
    batches = -(-window // batch_size)
    if batches > len(right):
        return []
    sums = F.pad(right.cumsum(0), (1, 0))
    shares = (sums[batches:] - sums[:-batches]) / (batches * batch_size)
    return _points(seconds[batches - 1 :], shares)


def epoch_accuracy(right: Tensor, seconds: Tensor, *, batch_size: int, epochs: int) -> list[Point]:
    """The share right over each whole epoch, known at its end, as the article reports it."""
    per_epoch = right.view(epochs, -1)
    shares = per_epoch.sum(1) / (per_epoch.shape[1] * batch_size)
    return _points(seconds.view(epochs, -1)[:, -1], shares)


def seconds_to(points: list[Point], accuracy: float) -> float | None:
    """When the accuracy was first reached; None if never."""
    return next((p.seconds for p in points if p.accuracy >= accuracy), None)


def thin(points: list[Point], count: int = 100) -> list[Point]:
    """At most `count` of the points, evenly spread, the last one among them."""
    every = max(1, -(-len(points) // count))
    return points[::-1][::every][::-1]


def _points(seconds: Tensor, shares: Tensor) -> list[Point]:
    return [Point(*pair) for pair in zip(seconds.tolist(), shares.tolist(), strict=True)]
