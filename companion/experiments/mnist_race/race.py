"""One training run with a clock of its own, which can be stopped and taken up again.

So several runs can share a machine in turns of a second, and its moods hit all alike.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.training import FitConfig
from companion.training.schedules import learning_rate

WINDOW = 6_000


class Examples(NamedTuple):
    """Images (n, c, y, x) and labels (n,), in memory."""

    images: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Recipe:
    """How to train. The loss is the cross-entropy of what the model returns.

    Args:
        build: makes the model.
        optimizer: makes its optimizer.
        config: epochs, schedule and clipping.
        batch_size: images a step; what is left at the end of an epoch is dropped.
    """

    build: Callable[[], nn.Module]
    optimizer: Callable[[nn.Module], torch.optim.Optimizer]
    config: FitConfig
    batch_size: int

    def steps(self, images: int) -> int:
        """Steps of the whole run over a set of so many images."""
        return self.config.epochs * (images // self.batch_size)


class Point(NamedTuple):
    """After so many of the run's own seconds, the share of the last images that was right."""

    seconds: float
    accuracy: float


class Window:
    """The share right among the last `size` images or a few more, in whole batches."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.batches: deque[tuple[int, int]] = deque()
        self.right = self.seen = 0

    def add(self, right: int, seen: int) -> float | None:
        """Take in a batch; None until there are `size` images."""
        self.batches.append((right, seen))
        self.right, self.seen = self.right + right, self.seen + seen
        while self.seen - self.batches[0][1] >= self.size:
            old_right, old_seen = self.batches.popleft()
            self.right, self.seen = self.right - old_right, self.seen - old_seen
        return self.right / self.seen if self.seen >= self.size else None


@dataclass
class Run:
    """A recipe's training from one seed. Images are counted right as they are trained on.

    `seconds` is the processor time of its steps: taking the batch, forward, loss, backward, update
    and counting. `epochs` holds each epoch's share right, which is what the article reports.
    """

    recipe: Recipe
    seed: int
    train: Examples
    window: int = WINDOW
    seconds: float = 0.0
    step: int = 0
    curve: list[Point] = field(default_factory=list)
    epochs: list[Point] = field(default_factory=list)

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        self.model = self.recipe.build()
        self._optimizer = self.recipe.optimizer(self.model)
        self._steps = self.recipe.steps(len(self.train.labels))
        self._order = torch.Generator().manual_seed(self.seed)
        self._last = Window(self.window)
        self._right = 0

    @property
    def done(self) -> bool:
        """Whether all steps were taken."""
        return self.step == self._steps

    def advance(self, seconds: float) -> None:
        """Train for about so long, or to the end."""
        end = self.seconds + seconds
        while not self.done and self.seconds < end:
            self._take_step()

    def _take_step(self) -> None:
        started = time.process_time()
        per_epoch = len(self.train.labels) // self.recipe.batch_size
        place = self.step % per_epoch
        if place == 0:
            self._indices = torch.randperm(len(self.train.labels), generator=self._order)
            self._right = 0
        chosen = self._indices[place * self.recipe.batch_size :][: self.recipe.batch_size]
        images, labels = self.train.images[chosen], self.train.labels[chosen]
        output = self.model(images)
        self._update(F.cross_entropy(output, labels))
        right = int((output.detach().argmax(dim=1) == labels).sum())
        self.step += 1
        self.seconds += time.process_time() - started
        self._right += right
        accuracy = self._last.add(right, len(labels))
        if accuracy is not None:
            self.curve.append(Point(self.seconds, accuracy))
        if place == per_epoch - 1:
            self.epochs.append(Point(self.seconds, self._right / (per_epoch * len(labels))))

    def _update(self, loss: Tensor) -> None:
        config = self.recipe.config
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate(config, self.step, total=self._steps)
        self._optimizer.zero_grad()
        loss.backward()
        if config.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm)
        self._optimizer.step()


def seconds_to(points: list[Point], accuracy: float) -> float | None:
    """When the accuracy was first reached; None if never."""
    return next((p.seconds for p in points if p.accuracy >= accuracy), None)


def thin(points: list[Point], count: int = 100) -> list[Point]:
    """At most `count` of the points, evenly spread, the last one among them."""
    every = max(1, -(-len(points) // count))
    return points[::-1][::every][::-1]
