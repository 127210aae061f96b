"""One step of training: loss, gradients, clipping, update."""

import math
from collections.abc import Callable
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import send_to_device
from torch import Tensor, nn

from companion.training.config import DEVICES, FitConfig
from companion.training.divergence import DivergenceWatch
from companion.training.history import Step
from companion.training.schedules import learning_rate

Loss = Callable[[nn.Module, Any], Tensor]

# A loss is read once in so many steps where reading one would wait for the device.
STEPS_BETWEEN_LOOKS = 32


class Update:
    """Takes a batch and moves the weights by one optimizer step.

    Args:
        accelerator: where and in which precision.
        model: as the accelerator prepared it.
        loss: `loss(model, batch)` -> one number.
        optimizer: over the model's parameters.
        config: the run's settings.
        total: steps in the whole run, which the schedule is stretched over.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        model: nn.Module,
        loss: Loss,
        optimizer: torch.optim.Optimizer,
        config: FitConfig,
        *,
        total: int,
    ) -> None:
        self.accelerator = accelerator
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.config = config
        self.total = total
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        scaled = accelerator.scaler is not None
        # Accelerate's wrapper looks for installed packages at each step, which takes a small model
        # longer than the update; only a gradient scaler or a device unknown here needs it.
        bare = not scaled and accelerator.device.type in DEVICES
        self.stepper = optimizer if bare else accelerator.prepare_optimizer(optimizer)
        ahead = accelerator.device.type == "cuda" and not scaled
        every = STEPS_BETWEEN_LOOKS if ahead else 1
        self.watch = DivergenceWatch(optimizer, every=every, gradients=not scaled)

    def __call__(self, batch: object, *, number: int, epoch: int) -> Step:
        """One update, at a step and in an epoch that count from 0.

        Raises:
            ValueError: the loss is not one number, or no gradient flows from it.
            TrainingDiverged: loss or gradient is nan or infinite; nothing has been updated.
        """
        rate = learning_rate(self.config, number, total=self.total)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        value = self.loss(self.model, send_to_device(batch, self.accelerator.device))
        _require_differentiable_number(value)
        self.accelerator.backward(value)
        # An infinite limit clips nothing, and its norm is wanted all the same.
        limit = self.config.clip_norm or math.inf
        norm = self.accelerator.clip_grad_norm_(self.parameters, limit)
        value = value.detach()
        if self.accelerator.num_processes > 1:
            value = self.accelerator.reduce(value, reduction="mean")
        step = Step(number, epoch, value, rate)
        self.watch.see(step, value, norm)
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
