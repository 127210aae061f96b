"""What a training run leaves behind: every step's loss, and a row for every epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor


class Step:
    """One optimizer step: its number, its epoch (both from 0), its loss and its learning rate.

    The loss may still lie on a GPU. It is fetched when `loss` is first read, so a step that nobody
    looks at does not make the processor wait for the GPU.
    """

    __slots__ = ("_loss", "epoch", "learning_rate", "step")

    def __init__(self, step: int, epoch: int, loss: float | Tensor, learning_rate: float) -> None:
        self.step = step
        self.epoch = epoch
        self.learning_rate = learning_rate
        self._loss = loss

    @property
    def loss(self) -> float:
        """The loss before this step's update."""
        if isinstance(self._loss, Tensor):
            self._loss = float(self._loss)
        return self._loss

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Step):
            return NotImplemented
        return self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        step, epoch, loss, rate = self._fields()
        return f"Step(step={step}, epoch={epoch}, loss={loss}, learning_rate={rate})"

    def _fields(self) -> tuple[int, int, float, float]:
        return self.step, self.epoch, self.loss, self.learning_rate


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
