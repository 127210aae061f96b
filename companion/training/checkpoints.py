"""A training run in a folder, from where it goes on as if it had never stopped.

A checkpoint is one file, `epoch-0003-<first digits of its SHA-256>.pt`: weights, optimizer state,
random states and history. It appears whole or not at all, and the one before is kept as well. It is
read with `weights_only=True`, so that opening one runs nobody's code.
"""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from textwrap import shorten
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

NAME = re.compile(r"epoch-(\d+)-([0-9a-f]{16})\.pt")


class CheckpointError(ValueError):
    """A checkpoint is damaged or of another run, or its folder is of no use."""


@dataclass
class Checkpoints:
    """Those of one run, in `config.checkpoint_dir`; where that is None, nothing is kept."""

    accelerator: Accelerator
    config: FitConfig
    parts: dict[str, nn.Module]
    optimizer: torch.optim.Optimizer
    batches: Iterable[Any]
    run: dict[str, Any] = field(default_factory=dict)
    newest: Path | None = None

    def resume(self, **more: object) -> History:
        """Go back to the newest whole checkpoint, if there is one; the history so far.

        Args:
            more: what else is of this run, such as its loss.

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
        more["processes"] = self.accelerator.num_processes
        random = read_random_state(self.batches, device)
        try:
            self.run = identify(self.config, self.parts, self.optimizer, self.batches, **more)
        finally:
            restore_random_state(random, self.batches, device)
        saved = self._read_newest(folder)
        if saved is None:
            return History()
        for name, module in self.parts.items():
            load_state(module, saved["parts"][name])
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": saved["optimizer"], "param_groups": groups})
        if self.accelerator.scaler is not None and saved["scaler"] is not None:
            self.accelerator.scaler.load_state_dict(saved["scaler"])
        random = saved["random"][self.accelerator.process_index]
        restore_random_state(random, self.batches, device)
        rows = enumerate(saved["steps"].tolist())
        return History([Step(n, int(epoch), *rest) for n, (epoch, *rest) in rows], saved["epochs"])

    def save_if_due(self, history: History) -> None:
        """Write a checkpoint if one is due, and take away those older than the one before it."""
        folder, epochs = self.config.checkpoint_dir, len(history.epochs)
        due = epochs % self.config.checkpoint_every == 0 or epochs == self.config.epochs
        if folder is None or not due:
            return
        scaler, device = self.accelerator.scaler, self.accelerator.device
        steps = [(step.epoch, step.loss, step.learning_rate) for step in history.steps]
        buffer = BytesIO()
        saved = {
            "run": self.run,
            "parts": {name: copy_state(module) for name, module in self.parts.items()},
            "optimizer": self.optimizer.state_dict()["state"],
            "scaler": None if scaler is None else scaler.state_dict(),
            "random": gather_object([read_random_state(self.batches, device)]),
            "epochs": history.epochs,
            "steps": torch.tensor(steps, dtype=torch.float64),
        }
        if self.accelerator.is_main_process:
            torch.save(saved, buffer)
            content = buffer.getvalue()
            path = folder / f"epoch-{epochs:04d}-{_checksum(content)}.pt"
            remove_leftovers(folder)
            write_file(path, content)
            for old in set(_found(folder)) - {path, self.newest}:
                old.unlink()
            self.newest = path
        self.accelerator.wait_for_everyone()

    def _read_newest(self, folder: Path) -> dict[str, Any] | None:
        paths = _found(folder)
        for path in paths:
            content = path.read_bytes()
            if path.stem.endswith(_checksum(content)):
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
    differences = [
        f"{name} was {shorten(repr(before.get(name)), 70)}, is {shorten(repr(now.get(name)), 70)}"
        for name in {**now, **before}
        if before.get(name) != now.get(name)
    ]
    if differences:
        raise CheckpointError(
            f"the checkpoint {path} is of another run: {'; '.join(differences[:3])}. Resume with "
            "what it was made with, the model built anew from the same seed, or give another "
            "checkpoint_dir"
        )


def _found(folder: Path) -> list[Path]:
    """The newest first."""
    paths = [path for path in folder.iterdir() if NAME.fullmatch(path.name)]
    return sorted(paths, key=lambda path: int(path.name.split("-")[1]), reverse=True)


def _checksum(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]
