"""The training loop: batches -> loss -> gradients -> update, and nothing about the task.

Device, mixed precision, gradient clipping and several processes come from Hugging Face Accelerate.
"""

from collections.abc import Callable, Iterable, Mapping
from math import fsum
from time import perf_counter
from typing import Any

from torch import nn
from tqdm import tqdm

from companion.training.config import FitConfig
from companion.training.devices import borrowed_accelerator, prepared_model
from companion.training.feed import check_batches, share_batches, start_epoch
from companion.training.history import History, Step
from companion.training.modes import mode
from companion.training.optimizers import make_optimizer
from companion.training.resume import Run
from companion.training.update import Loss, Update

AfterStep = Callable[[Step], None]
AfterEpoch = Callable[[nn.Module, int], Mapping[str, float]]


def fit(
    model: nn.Module,
    batches: Iterable[Any],
    loss: Loss,
    config: FitConfig,
    *,
    after_step: AfterStep | None = None,
    after_epoch: AfterEpoch | None = None,
) -> History:
    """Train a model in place; it stays on the device it was trained on, in the mode it came in.

    With `config.checkpoint_dir`, a run that was stopped goes on from its last checkpoint, to the
    very weights it would have had; a finished one is given back at once. What `after_step` or the
    loss keeps is resumed too, if it is part of the model or the loss is an `nn.Module`.

    Args:
        model: anything that `loss` knows how to call.
        batches: a DataLoader, or anything with a length that can be gone through once an epoch.
            Each batch of the first epoch is looked at for values that are not finite.
        loss: `loss(model, batch)` -> one number; it must go through `model(...)`.
        config: how long, how fast, where.
        after_step: called after each update.
        after_epoch: called with the model and the epoch (from 0), in each process; the numbers it
            returns are kept in the history.

    Raises:
        ValueError: batches, loss or model cannot be trained on; the message has the remedy.
        TrainingDiverged: a loss or gradient was nan or infinite; the weights are from before it.
        CheckpointError: the checkpoint is damaged, or of another run.
    """
    with (
        borrowed_accelerator(config) as accelerator,
        mode(model, training=True),
        prepared_model(accelerator, model) as prepared,
    ):
        feed = share_batches(accelerator, batches)
        parts = {"model": model}
        if isinstance(loss, nn.Module):
            parts["loss"] = loss.to(accelerator.device)
        optimizer = make_optimizer(model, config)
        total = config.epochs * len(feed)
        update = Update(accelerator, prepared, loss, optimizer, config, total=total)
        run = Run(accelerator, config, parts, optimizer, batches, steps_per_epoch=len(feed))
        history = run.resume()
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
                    run.save_if_due(history)
        finally:
            optimizer.zero_grad(set_to_none=True)
    return history


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
        if not bar.disable and step.step % update.watch.every == 0:
            bar.set_postfix_str(f"loss {step.loss:.4f}", refresh=False)
        bar.update()
    update.watch.settle()
    losses = [step.loss for step in history.steps[done:]]
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
