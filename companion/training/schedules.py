"""How the learning rate moves: each schedule is a factor that depends on the step alone.

So a run that is taken up again needs to know its step and nothing else.
"""

import math
from typing import Protocol

from companion.training.config import FitConfig


class Schedule(Protocol):
    """The factor on the highest rate at a step (from 0) of `total` steps."""

    def __call__(self, step: int, /, *, total: int) -> float: ...


def cosine_schedule(step: int, *, total: int, warmup: int) -> float:
    """Linear warm-up, then half a cosine from 1 to 0 (Loshchilov and Hutter 2017, SGDR, eq. 5).

    Equals `LinearLR` over the first `warmup` steps followed by `CosineAnnealingLR`. Steps count
    from 0; the rate would be 0 at step `total`, which is never taken.

    Raises:
        ValueError: not 0 <= warmup <= total, or the step is negative.
    """
    if (rising := _warmup(step, total=total, warmup=warmup)) is not None:
        return rising
    if step >= total:
        return 0.0
    return 0.5 * (1.0 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def constant_schedule(step: int, *, total: int, warmup: int) -> float:
    """Linear warm-up, then 1.

    Raises:
        ValueError: not 0 <= warmup <= total, or the step is negative.
    """
    rising = _warmup(step, total=total, warmup=warmup)
    return 1.0 if rising is None else rising


def make_schedule(config: FitConfig) -> Schedule:
    """The schedule that the settings name, with their warm-up: `schedule(step, total=total)`."""
    kind = cosine_schedule if config.schedule == "cosine" else constant_schedule
    return lambda step, *, total: kind(
        step, total=total, warmup=round(config.warmup_fraction * total)
    )


def _warmup(step: int, *, total: int, warmup: int) -> float | None:
    """The factor while the rate still rises (it is never 0), None afterwards."""
    if step < 0 or not 0 <= warmup <= total:
        raise ValueError(
            f"step={step}, warmup={warmup}, total={total}: "
            "the step must be at least 0, and the warm-up between 0 and the total"
        )
    return (step + 1) / warmup if step < warmup else None
