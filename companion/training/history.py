"""What a training run leaves behind: every step's loss, and a row for every epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Tensor


class Step(NamedTuple):
    """One optimizer step: its number and its epoch (both from 0), its loss, its learning rate.

    While its epoch lasts, the loss may still lie on a GPU. It is fetched when `loss` is read, so a
    step that nobody looks at does not make the processor wait for the GPU.
    """

    step: int
    epoch: int
    unread_loss: float | Tensor
    learning_rate: float

    @property
    def loss(self) -> float:
        """The loss before this step's update."""
        return float(self.unread_loss)


@dataclass
class History:
    """The record that `fit` returns.

    `steps` holds every `Step`. `epochs` holds a row for every epoch: "epoch" (from 0), "loss" (the
    mean over its steps), "seconds" (of training alone), "learning_rate" (of its last step), and
    whatever `after_epoch` measured.
    """

    steps: list[Step] = field(default_factory=list)
    epochs: list[dict[str, float]] = field(default_factory=list)

    def column(self, name: str) -> list[float]:
        """One column of the epochs' rows.

        Raises:
            ValueError: no such column, or not every epoch has it.
        """
        if missing := [row["epoch"] for row in self.epochs if name not in row]:
            known = ", ".join(dict.fromkeys(key for row in self.epochs for key in row))
            raise ValueError(f"no column {name!r} in epochs {missing}: the columns are {known}")
        return [row[name] for row in self.epochs]

    def add_epoch(self, row: Mapping[str, float], metrics: Mapping[str, float]) -> None:
        """Append an epoch's row, with what `after_epoch` measured.

        Raises:
            ValueError: a metric takes the name of a column of the row, or is not a number.
        """
        if taken := sorted(set(row) & set(metrics)):
            raise ValueError(f"after_epoch returned {taken}: fit records these, rename yours")
        try:
            numbers = {name: float(value) for name, value in metrics.items()}
        except (TypeError, ValueError, RuntimeError) as error:
            kinds = {name: type(value).__name__ for name, value in metrics.items()}
            raise ValueError(f"after_epoch must return single numbers, not {kinds}") from error
        self.epochs.append({**row, **numbers})
