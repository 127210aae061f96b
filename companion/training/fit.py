"""The training loop: batches -> loss -> gradients -> update, and nothing about the task.

Device, mixed precision, gradient clipping and several processes come from Hugging Face Accelerate.
"""

from collections.abc import Callable, Iterable, Mapping
from math import fsum
from time import perf_counter
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from companion.training.checkpoints import Checkpoints
from companion.training.config import FitConfig
from companion.training.devices import borrowed_accelerator, prepared_model
from companion.training.feed import check_batches, check_workers, share_batches, start_epoch
from companion.training.history import History, Step
from companion.training.modes import mode
from companion.training.optimizers import make_optimizer
from companion.training.schedules import Schedule
from companion.training.update import BeforeStep, Loss, Update

AfterStep = Callable[[Step], None]
AfterEpoch = Callable[[nn.Module, int], Mapping[str, float]]
MakeOptimizer = Callable[[nn.Module, FitConfig], torch.optim.Optimizer]


def fit(
    model: nn.Module,
    batches: Iterable[Any],
    loss: Loss,
    config: FitConfig,
    *,
    optimizer: MakeOptimizer = make_optimizer,
    schedule: Schedule | None = None,
    before_step: BeforeStep | None = None,
    after_step: AfterStep | None = None,
    after_epoch: AfterEpoch | None = None,
) -> History:
    """Train a model in place; it stays on the device it was trained on, in the mode it came in.

    With `config.checkpoint_dir`, a run that was stopped goes on from its last checkpoint, to the
    very weights it would have had; a finished one is given back at once. For that, the model comes
    as it was at the start, and so do data, loss and the rest, or the checkpoint is refused. What
    the hooks or the loss keep is resumed too, if it is part of the model or the loss is an
    `nn.Module`.

    Args:
        model: anything that `loss` knows how to call.
        batches: a DataLoader, or anything with a length that can be gone through once an epoch.
            Each batch of the first epoch is looked at for values that are not finite.
        loss: `loss(model, batch)` -> one number; it must go through `model(...)`.
        config: how long, how fast, where.
        optimizer: called with the model, on its device, and the config, as `make_optimizer` is;
            each of its groups keeps its own rate as the highest.
        schedule: called as `schedule(step, total=total)` for the factor on those rates, as
            `partial(cosine_schedule, warmup=100)` can be; None takes the config's.
        before_step: called with the step and the optimizer when the gradients are there, before
            they are clipped: to freeze, or to clip by part.
        after_step: called after each update.
        after_epoch: called with the model and the epoch (from 0), in each process; the numbers it
            returns are kept in the history.

    Raises:
        ValueError: batches, loss or model cannot be trained on; the message has the remedy.
        TrainingDiverged: a loss or gradient was nan or infinite; the weights are from before it,
            and the message tells of the buffers.
        CheckpointError: no checkpoint is whole, it is of another run, or none can be written.
    """
    check_workers(batches, resumable=config.checkpoint_dir is not None)
    with (
        borrowed_accelerator(config) as accelerator,
        mode(model, training=True),
        prepared_model(accelerator, model) as prepared,
    ):
        feed = share_batches(accelerator, batches)
        parts = nn.ModuleDict({"model": model})
        if isinstance(loss, nn.Module):
            parts["loss"] = loss.to(accelerator.device)
        made = _make(optimizer, model, config)
        total = config.epochs * len(feed)
        update = Update(
            accelerator,
            prepared,
            loss,
            made,
            config,
            schedule=schedule,
            total=total,
            before_step=before_step,
        )
        checkpoints = Checkpoints(accelerator, config, parts, made, batches)
        history = checkpoints.resume(
            steps_per_epoch=len(feed), loss=loss, schedule=schedule, before_step=before_step
        )
        first = len(history.epochs)
        shown = config.progress and accelerator.is_main_process
        try:
            with _progress_bar(total=total, done=len(history.steps), shown=shown) as bar:
                for epoch in range(first, config.epochs):
                    prepared.train()
                    start_epoch(batches, epoch)
                    start_epoch(feed, epoch)
                    bar.set_description(f"epoch {epoch + 1}/{config.epochs}", refresh=False)
                    looked_at = check_batches(feed) if epoch == first else feed
                    row = _train_epoch(epoch, looked_at, update, history, bar, after_step)
                    if len(history.steps) != (epoch + 1) * len(feed):
                        raise ValueError(
                            f"{len(feed)} batches were promised for epoch {epoch} and "
                            f"{len(history.steps) - epoch * len(feed)} came: give batches that can "
                            "be gone through again, such as a list or a DataLoader"
                        )
                    history.add_epoch(row, after_epoch(model, epoch) if after_epoch else {})
                    checkpoints.save_if_due(history)
        finally:
            made.zero_grad(set_to_none=True)
    return history


def _make(make: object, model: nn.Module, config: FitConfig) -> torch.optim.Optimizer:
    made = make(model, config) if callable(make) else make
    if not callable(make) or not isinstance(made, torch.optim.Optimizer):
        raise ValueError(
            f"optimizer={type(made).__name__}: give a function of the model and the config that "
            "makes one, such as lambda model, config: SGD(model.parameters(), lr=0.1)"
        )
    return made


def _train_epoch(
    epoch: int,
    batches: Iterable[Any],
    update: Update,
    history: History,
    bar: "tqdm[Any]",
    after_step: AfterStep | None,
) -> dict[str, float]:
    """Go through the batches once; the epoch's row for the history."""
    began, done = perf_counter(), len(history.steps)
    for batch in batches:
        step = update(batch, number=len(history.steps), epoch=epoch)
        history.steps.append(step)
        if after_step is not None:
            after_step(step)
        if not bar.disable and step.step % update.guard.every == 0:
            bar.set_postfix_str(f"loss {step.loss:.4f}", refresh=False)
        bar.update()
    update.guard.settle()
    losses = [step.loss for step in history.steps[done:]]
    for place, loss in enumerate(losses, start=done):
        history.steps[place] = history.steps[place]._replace(unread_loss=loss)
    return {
        "epoch": epoch,
        "loss": fsum(losses) / max(len(losses), 1),
        "seconds": perf_counter() - began,
        "learning_rate": history.steps[-1].learning_rate if losses else 0.0,
    }


def _progress_bar(*, total: int, done: int, shown: bool) -> "tqdm[Any]":
    # An explicit disable=False would overrule the environment's TQDM_DISABLE.
    if not shown:
        return tqdm(total=total, disable=True)
    return tqdm(total=total, initial=done, unit="step")
