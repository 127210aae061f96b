"""Where a run keeps its checkpoints, and how it goes on from one."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import nn

from companion.training.checkpoints import (
    Position,
    find_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from companion.training.config import FitConfig
from companion.training.history import History
from companion.training.random_state import read_random_state, restore_random_state

# These say how a run is carried out, not what comes of it.
NOT_OF_THE_RUN = ("checkpoint_dir", "checkpoint_every", "progress", "device")


@dataclass(frozen=True)
class Run:
    """A run's moving parts, as far as they have to be saved."""

    accelerator: Accelerator
    config: FitConfig
    parts: dict[str, nn.Module]
    optimizer: torch.optim.Optimizer
    batches: Iterable[Any]
    steps_per_epoch: int

    def resume(self) -> History:
        """Go back to the last checkpoint, if there is one; the history so far.

        Raises:
            CheckpointError: the checkpoint is damaged, or of another run.
        """
        folder = self.config.checkpoint_dir
        path = find_checkpoint(folder) if folder is not None else None
        if path is None:
            return History()
        position = read_checkpoint(path, self._identity(), self.parts, self.optimizer)
        if self.accelerator.scaler is not None and position.scaler is not None:
            self.accelerator.scaler.load_state_dict(position.scaler)
        restore_random_state(position.random[self.accelerator.process_index], self.batches)
        return position.history

    def save_if_due(self, history: History) -> None:
        """Write a checkpoint if one is due after the epochs in the history."""
        folder, epochs = self.config.checkpoint_dir, len(history.epochs)
        due = epochs % self.config.checkpoint_every == 0 or epochs == self.config.epochs
        if folder is None or not due:
            return
        scaler = self.accelerator.scaler
        position = Position(
            epochs=epochs,
            run=self._identity(),
            history=history,
            random=gather_object([read_random_state(self.batches)]),
            scaler=None if scaler is None else scaler.state_dict(),
        )
        if self.accelerator.is_main_process:
            write_checkpoint(folder, position, self.parts, self.optimizer)
        self.accelerator.wait_for_everyone()

    def _identity(self) -> dict[str, Any]:
        """What must be the same for a run to go on as itself."""
        settings = {k: v for k, v in asdict(self.config).items() if k not in NOT_OF_THE_RUN}
        return {
            **settings,
            "steps_per_epoch": self.steps_per_epoch,
            "processes": self.accelerator.num_processes,
        }
