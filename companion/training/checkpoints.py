"""A training run in a folder, from where it goes on as if it had never stopped.

A checkpoint is one file, `epoch-000003-<first digits of its SHA-256>.pt`. It appears whole or not
at all, and the one before is kept. `weights_only=True` makes sure that reading runs nobody's code.
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import nn

from companion.records.files import remove_leftovers, require_writable, write_file
from companion.training.config import FitConfig
from companion.training.history import History, Step
from companion.training.identity import identify
from companion.training.random_state import read_random_state, restore_random_state
from companion.training.weights import copy_state, load_state

# Their names sort by epoch.
NAMES = f"epoch-{'[0-9]' * 6}-{'[0-9a-f]' * 16}.pt"


class CheckpointError(ValueError):
    """A checkpoint is damaged or of another run, or its folder is of no use."""


@dataclass
class Checkpoints:
    """Those of one run, in `config.checkpoint_dir`; where that is None, nothing is kept."""

    accelerator: Accelerator
    config: FitConfig
    parts: nn.ModuleDict
    optimizer: torch.optim.Optimizer
    batches: Iterable[Any]
    run: dict[str, Any] = field(default_factory=dict)
    newest: Path | None = None

    def resume(self, **more: object) -> History:
        """Go back to the newest whole checkpoint of this run and what `more` says of it.

        Raises:
            CheckpointError: the folder cannot be written to, no checkpoint is whole, or it is of
                another run; nothing has been changed then.
        """
        folder, device = self.config.checkpoint_dir, self.accelerator.device
        if folder is None:
            return History()
        try:
            require_writable(folder)
        except OSError as error:
            words = f"checkpoint_dir={folder} cannot be written to: {error}. Give another folder"
            raise CheckpointError(words) from error
        random, scaler = read_random_state(self.batches, device), self.accelerator.scaler
        more["processes"] = self.accelerator.num_processes
        try:
            self.run = identify(self.config, self.parts, self.optimizer, self.batches, **more)
        finally:
            restore_random_state(random, self.batches, device)
        if (saved := self._read_newest(folder)) is None:
            return History()
        load_state(self.parts, saved["parts"])
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": saved["optimizer"], "param_groups": groups})
        if scaler is not None:
            scaler.load_state_dict(saved["scaler"])
        restore_random_state(saved["random"][self.accelerator.process_index], self.batches, device)
        rows = enumerate(saved["steps"].tolist())
        return History([Step(n, int(epoch), *rest) for n, (epoch, *rest) in rows], saved["epochs"])

    def save_if_due(self, history: History) -> None:
        """Write a checkpoint if one is due, and take away those older than the one before it."""
        folder, epochs = self.config.checkpoint_dir, len(history.epochs)
        due = epochs % self.config.checkpoint_every == 0 or epochs == self.config.epochs
        if folder is None or not due:
            return
        scaler, buffer = self.accelerator.scaler, BytesIO()
        steps = [(step.epoch, step.loss, step.learning_rate) for step in history.steps]
        saved = {
            "run": self.run,
            "parts": copy_state(self.parts),
            "optimizer": self.optimizer.state_dict()["state"],
            "scaler": {} if scaler is None else scaler.state_dict(),
            "random": gather_object([read_random_state(self.batches, self.accelerator.device)]),
            "epochs": history.epochs,
            "steps": torch.tensor(steps, dtype=torch.float64),
        }
        if self.accelerator.is_main_process:
            torch.save(saved, buffer)
            content = buffer.getvalue()
            path = folder / f"epoch-{epochs:06d}-{sha256(content).hexdigest()[:16]}.pt"
            remove_leftovers(folder)
            write_file(path, content)
            for old in {*folder.glob(NAMES)} - {path, self.newest}:
                old.unlink()
            self.newest = path
        self.accelerator.wait_for_everyone()

    def _read_newest(self, folder: Path) -> dict[str, Any] | None:
        paths = sorted(folder.glob(NAMES), reverse=True)
        for path in paths:
            content = path.read_bytes()
            if not sha256(content).hexdigest().startswith(path.stem[-16:]):
                continue
            if path != paths[0]:
                words = f"the checkpoint {paths[0]} is damaged: going on from {path.name}"
                warnings.warn(words, stacklevel=4)
            saved = torch.load(BytesIO(content), map_location="cpu", weights_only=True)
            _require_same(path, saved["run"], self.run)
            self.newest = path
            return saved
        if paths:
            words = f"the checkpoint {paths[0]} is damaged, and none before it is whole"
            raise CheckpointError(f"{words}: delete {folder} to start again")
        return None


def _require_same(path: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    differing = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    if differing:
        states = [(k, *(repr(run.get(k))[:70] for run in (before, now))) for k in differing]
        listed = "; ".join(f"{name} was {was}, is {is_now}" for name, was, is_now in states[:3])
        raise CheckpointError(
            f"the checkpoint {path} is of another run: {listed}. Resume with what it was made "
            "with, the model built anew from the same seed, or give another checkpoint_dir"
        )
