"""Kill a training run again and again, then let it finish: does it end in the same bits?

Run by test_killed.py in a process of its own, since each attempt is a fork that is killed. Prints
a line of JSON: how many attempts were killed, and whether all ended as the uninterrupted one.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch._dynamo
import torch.distributed.tensor
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from companion.records import files as atomic_module
from companion.training import FitConfig, fit

# Optimizers import torch._dynamo on first use, and Accelerate torch.distributed.tensor: once here
# is quicker than once in every fork.
torch.set_num_threads(1)
EPOCHS = 4


def noisy_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    inputs, labels = batch
    noise = random.gauss(0, 1) + np.random.normal() + torch.randn(()).item()  # noqa: NPY002
    return nn.functional.cross_entropy(model(inputs + 0.1 * noise), labels)


def train(folder: Path | None, optimizer: str, after_step: Callable | None = None) -> str:
    """A digest of weights, losses and what the next random numbers are."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    inputs = torch.randn(64, 6)
    data = TensorDataset(inputs, inputs[:, :3].argmax(-1))
    model = nn.Sequential(
        nn.Linear(6, 64), nn.BatchNorm1d(64), nn.GELU(), nn.Dropout(0.3), nn.Linear(64, 3)
    )
    config = FitConfig(
        EPOCHS,
        0.01,
        optimizer=optimizer,
        weight_decay=0.05 if optimizer == "adamw" else 0.0,
        checkpoint_dir=folder,
    )
    loader = DataLoader(data, batch_size=16, shuffle=True)
    history = fit(model, loader, noisy_loss, config, after_step=after_step)
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode() + tensor.numpy().tobytes())
    digest.update(repr(history.steps).encode())
    following = random.random(), np.random.random(), torch.rand(()).item()  # noqa: NPY002
    digest.update(repr(following).encode())
    return digest.hexdigest()


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_call(number: int, function: Callable, *, half: bool = False) -> Callable:
    """The function, but the process dies at its call with this number (from 1)."""
    calls = 0

    def called(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == number:
            if half:
                path, content = args
                path.write_bytes(content[: len(content) // 2])
            die()
        return function(*args, **kwargs)

    return called


def attempt(folder: Path, optimizer: str, prepare: Callable[[], Callable | None]) -> bool:
    """Train in a fork; whether it was killed. The digest is left beside the folder."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            after_step = prepare()
            digest = train(folder, optimizer, after_step)
            folder.with_suffix(".digest").write_text(digest)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status) == signal.SIGKILL
    if os.WEXITSTATUS(status) != 0:
        raise SystemExit(f"a run failed: {folder}")
    return False


def hooks() -> dict[str, Callable[[], Callable | None]]:
    """Moments at which to die: in an epoch, and at every stage of writing a checkpoint."""

    def patched(owner: object, name: str, number: int, *, half: bool = False) -> Callable:
        def prepare() -> None:
            setattr(owner, name, at_call(number, getattr(owner, name), half=half))

        return prepare

    found: dict[str, Callable[[], Callable | None]] = {}
    # The first _write is that of the folder's trial, with one fsync and one unlink.
    for number in (1, 2, 3):
        found[f"step {number}"] = lambda number=number: at_call(number + 3, lambda _: None)
        found[f"half written {number}"] = patched(atomic_module, "_write", number, half=True)
    for number in (1, 2, 3, 4, 6, 7):
        found[f"flush {number}"] = patched(os, "fsync", number)
    for number in (1, 2, 3, 4):
        found[f"rename {number}"] = patched(os, "replace", number)
        # Before and after each checkpoint there is something to take away.
        found[f"clearing {number}"] = patched(os, "unlink", number)
    return found


def alarm(delay: float) -> Callable[[], None]:
    """Die after so many seconds, whatever is going on then."""

    def prepare() -> None:
        signal.signal(signal.SIGALRM, die)
        signal.setitimer(signal.ITIMER_REAL, delay)

    return prepare


def main(folder: Path, optimizer: str) -> None:
    for _ in range(2):
        # In a fork as well: autograd's threads do not outlive one.
        started = time.perf_counter()
        shutil.rmtree(folder / "whole", ignore_errors=True)
        if attempt(folder / "whole", optimizer, lambda: None):
            raise SystemExit("the uninterrupted run was killed")
        seconds = time.perf_counter() - started
    wanted = (folder / "whole.digest").read_text()
    killed, different = 0, []
    chance = random.Random(2)
    for name, prepare in hooks().items():
        run = folder / name.replace(" ", "-")
        killed += attempt(run, optimizer, prepare)
        attempt(run, optimizer, lambda: None)
        if run.with_suffix(".digest").read_text() != wanted:
            different.append(name)
    by_time = 0
    for number in range(4):
        run = folder / f"time-{number}"
        for _ in range(3):
            by_time += attempt(run, optimizer, alarm(chance.uniform(0.1, 0.9) * seconds))
        attempt(run, optimizer, lambda: None)
        if run.with_suffix(".digest").read_text() != wanted:
            different.append(run.name)
    result = {"hooks": len(hooks()), "killed": killed, "by_time": by_time, "different": different}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
