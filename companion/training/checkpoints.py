"""Everything a training run needs to go on as if it had never stopped, in a folder on disk.

A checkpoint is `epoch-0003/`, with `state.safetensors` and `state.json`: weights, optimizer state,
random states, position and history. It appears whole or not at all, and the one before is kept
until then. Nothing in it is pickled, so that opening one runs nobody's code.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from companion.records.files import remove_folder, remove_leftovers, write_folder
from companion.training.history import History, Step
from companion.training.random_state import RandomState
from companion.training.weights import compare_states, copy_state

FORMAT = 1


class CheckpointError(ValueError):
    """A checkpoint is damaged, or belongs to another run."""


@dataclass(frozen=True)
class Position:
    """Where a run stands after some epochs, apart from its tensors."""

    epochs: int
    run: dict[str, Any]
    history: History
    random: list[RandomState]
    scaler: dict[str, Any] | None


def find_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint in a folder, None where there is none.

    Raises:
        CheckpointError: the folder's name is that of a file.
    """
    if folder.exists() and not folder.is_dir():
        raise CheckpointError(f"checkpoint_dir={folder} is a file: give a folder")
    return max(_complete(folder), default=None, key=_epochs)


def write_checkpoint(
    folder: Path, position: Position, parts: dict[str, nn.Module], optimizer: torch.optim.Optimizer
) -> None:
    """Write a checkpoint, then take the older ones away."""
    steps = position.history.steps
    tensors = {
        f"{part}.{name}": tensor
        for part, module in parts.items()
        for name, tensor in copy_state(module).items()
    }
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value).detach().cpu().clone()
    tensors["history.epoch"] = torch.tensor([step.epoch for step in steps])
    for column in ("loss", "learning_rate"):
        values = [getattr(step, column) for step in steps]
        tensors[f"history.{column}"] = torch.tensor(values, dtype=torch.float64)
    content = save(tensors)
    written = {
        "format": FORMAT,
        "epochs": position.epochs,
        "run": position.run,
        "history": position.history.epochs,
        "scaler": position.scaler,
        "random": position.random,
    }
    target = folder / f"epoch-{position.epochs:04d}"
    older = _complete(folder)
    remove_leftovers(folder)
    text = json.dumps({"sha256": _digest(written, content), **written}, indent=1).encode()
    write_folder(target, {"state.safetensors": content, "state.json": text})
    for path in older:
        remove_folder(path)


def read_checkpoint(
    path: Path,
    run: dict[str, Any],
    parts: dict[str, nn.Module],
    optimizer: torch.optim.Optimizer,
) -> Position:
    """Put a checkpoint's tensors into modules and optimizer, and give back its position.

    Raises:
        CheckpointError: it is damaged, or of another run (nothing has been changed then).
    """
    try:
        written = json.loads((path / "state.json").read_bytes())
        content = (path / "state.safetensors").read_bytes()
        if written.pop("sha256") != _digest(written, content):
            raise ValueError("its files are not those that were written")
        tensors = load(content)
        position = Position(
            epochs=written["epochs"],
            run=written["run"],
            history=_history(written["history"], tensors),
            random=written["random"],
            scaler=written["scaler"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"the checkpoint {path} is damaged ({error}): delete that folder to start again"
        ) from error
    _require_same_run(path, position.run, run)
    _require_same_parts(path, tensors, parts)
    for part, module in parts.items():
        module.load_state_dict(_under(tensors, part))
    groups = optimizer.state_dict()["param_groups"]
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _under(tensors, "optimizer").items():
        index, _, key = name.partition(".")
        states.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": states, "param_groups": groups})
    return position


def _digest(written: dict[str, Any], content: bytes) -> str:
    return hashlib.sha256(json.dumps(written).encode() + content).hexdigest()


def _history(rows: list[dict[str, float]], tensors: dict[str, Tensor]) -> History:
    columns = [tensors[f"history.{name}"].tolist() for name in ("epoch", "loss", "learning_rate")]
    steps = [
        Step(number, *columns_at) for number, columns_at in enumerate(zip(*columns, strict=True))
    ]
    return History(steps=steps, epochs=rows)


def _require_same_run(path: Path, saved: dict[str, Any], run: dict[str, Any]) -> None:
    # Through JSON, as the saved one went: a tuple comes back as a list.
    now = json.loads(json.dumps(run))
    differences = [
        f"{name} was {saved.get(name)!r} and is {now.get(name)!r}"
        for name in sorted(saved.keys() | now.keys())
        if saved.get(name) != now.get(name)
    ]
    if differences:
        raise CheckpointError(
            f"the checkpoint {path} is of another run: {', '.join(differences)}. "
            "Resume with the settings it was made with, or give another checkpoint_dir"
        )


def _require_same_parts(
    path: Path, tensors: dict[str, Tensor], parts: dict[str, nn.Module]
) -> None:
    for part, module in parts.items():
        if differences := compare_states(_under(tensors, part), copy_state(module)):
            raise CheckpointError(
                f"the checkpoint {path} is of another {part}: {differences}. "
                f"Resume with the {part} it was made with, or give another checkpoint_dir"
            )


def _under(tensors: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    prefix = f"{part}."
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _complete(folder: Path) -> list[Path]:
    return [path for path in folder.glob("epoch-*") if re.fullmatch(r"epoch-\d+", path.name)]


def _epochs(path: Path) -> int:
    return int(path.name.removeprefix("epoch-"))
