"""One step of training: loss, gradients, clipping, update."""

import math
from collections.abc import Callable
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import send_to_device
from torch import Tensor, nn

from companion.training.config import DEVICES, FitConfig
from companion.training.divergence import DivergenceGuard
from companion.training.history import Step
from companion.training.schedules import Schedule, make_schedule

Loss = Callable[[nn.Module, Any], Tensor]
BeforeStep = Callable[[Step, torch.optim.Optimizer], None]


class Update:
    """Takes a batch and moves the weights by one optimizer step.

    Args:
        accelerator: where and in which precision.
        model: as the accelerator prepared it.
        loss: `loss(model, batch)` -> one number.
        optimizer: over the model's parameters, each group with its highest rate.
        config: the run's settings.
        schedule: `schedule(step, total=total)` -> the factor on each group's rate.
        total: steps in the whole run, which the schedule is stretched over.
        before_step: called between gradients and clipping.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        model: nn.Module,
        loss: Loss,
        optimizer: torch.optim.Optimizer,
        config: FitConfig,
        *,
        schedule: Schedule | None,
        total: int,
        before_step: BeforeStep | None,
    ) -> None:
        self.accelerator = accelerator
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule or make_schedule(config)
        # An infinite limit clips nothing, and its norm is wanted all the same.
        self.clip_norm = config.clip_norm or math.inf
        self.total = total
        self.before_step = before_step
        self.rates = [group["lr"] for group in optimizer.param_groups]
        place = {id(p): number for number, p in enumerate(model.parameters())}
        moved = [p for group in optimizer.param_groups for p in group["params"]]
        self.parameters = sorted(moved, key=lambda p: place.get(id(p), len(place)))
        self.scaled = accelerator.scaler is not None
        # Accelerate's wrapper looks for installed packages at each step, which takes a small model
        # longer than the update; only a gradient scaler or a device unknown here needs it.
        bare = not self.scaled and accelerator.device.type in DEVICES
        self.stepper = optimizer if bare else accelerator.prepare_optimizer(optimizer)
        modules = [part for part in (model, loss) if isinstance(part, nn.Module)]
        self.guard = DivergenceGuard(
            optimizer,
            buffers=[name for module in modules for name, _ in module.named_buffers()],
            ahead=accelerator.device.type == "cuda" and not self.scaled,
            gradients=not self.scaled,
        )

    def __call__(self, batch: object, *, number: int, epoch: int) -> Step:
        """One update, at a step and in an epoch that count from 0.

        Raises:
            ValueError: the loss is not one number, or no gradient flows from it.
            TrainingDiverged: loss or gradient is nan or infinite; nothing has been updated.
        """
        factor = self.schedule(number, total=self.total)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor
        self.optimizer.zero_grad(set_to_none=True)
        value = self.loss(self.model, send_to_device(batch, self.accelerator.device))
        _require_differentiable_number(value)
        self.accelerator.backward(value)
        value = value.detach()
        if self.accelerator.num_processes > 1:
            value = self.accelerator.reduce(value, reduction="mean")
        step = Step(number, epoch, value, self.rates[0] * factor)
        if self.scaled:
            self.accelerator.unscale_gradients()
        if self.before_step is not None:
            self.before_step(step, self.optimizer)
        self.guard.see(step, nn.utils.clip_grad_norm_(self.parameters, self.clip_norm))
        self.stepper.step()
        return step


def _require_differentiable_number(value: object) -> None:
    if not isinstance(value, Tensor) or value.ndim != 0:
        got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"the loss returned {got}: it must return one number, as .mean() does")
    if not value.requires_grad:
        raise ValueError(
            "no gradient flows from the loss to the model: call model(...) in it, without no_grad, "
            "detach or argmax"
        )
