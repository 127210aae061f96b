"""The weights of the epoch after which new sentences were translated best."""

import copy
import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from companion.data import SequenceBatch
from companion.experiments.translation.scores import TranslationLoss, mean_loss


class BestEpoch(nn.Module):
    """A loss that looks at the validation pairs after each epoch and keeps the best weights.

    What it keeps goes into checkpoints with it, so that a run that was broken off forgets nothing.

    Args:
        loss: what is trained on.
        model: whose weights are kept.
        validation: batches that nothing is trained on.
        now: the clock of the training; it stands still during the looking.
    """

    lowest: Tensor
    seconds: Tensor
    now: Callable[[], float]

    def __init__(
        self,
        loss: TranslationLoss,
        model: nn.Module,
        validation: Iterable[SequenceBatch],
        now: Callable[[], float],
    ) -> None:
        super().__init__()
        self.loss, self.validation, self.now = loss, validation, now
        self.best = copy.deepcopy(model).requires_grad_(False)
        self.register_buffer("lowest", torch.tensor(math.inf, dtype=torch.float64))
        self.register_buffer("seconds", torch.tensor(0.0, dtype=torch.float64))
        self._since = now()

    def forward(self, model: nn.Module, batch: SequenceBatch) -> Tensor:
        return self.loss(model, batch)

    def look(self, model: nn.Module, _: int) -> dict[str, float]:
        """The validation loss, for `fit`'s `after_epoch`."""
        self.seconds += self.now() - self._since
        found = mean_loss(model, self.validation)
        if found < self.lowest:
            self.lowest.fill_(found)
            self.best.load_state_dict(model.state_dict())
        self._since = self.now()
        return {"validation_loss": found}
