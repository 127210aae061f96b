"""Stop when a loss or a gradient is no longer a finite number, before it reaches the weights."""

import math

import torch
from torch import Tensor

from companion.training.history import Step


class TrainingDiverged(ValueError):
    """A loss or gradient is nan or infinite; the weights are those from before that step."""

    def __init__(self, step: Step, *, gradient_norm: float) -> None:
        super().__init__(
            f"training diverged at step {step.step} (epoch {step.epoch}): loss {step.loss}, "
            f"gradient norm {gradient_norm}, learning rate {step.learning_rate:g}. The weights are "
            "those from before this step, and no checkpoint was written. Lower the learning rate, "
            "lengthen the warm-up, clip gradients (clip_norm=1.0), or look for log(0), division "
            "by 0 or labels outside the model's classes in the loss"
        )
        self.step = step
        self.gradient_norm = gradient_norm


class DivergenceWatch:
    """Look at each loss and gradient norm, between the backward pass and the update.

    With `every` = 1 both are read at once. Reading waits for a GPU, so there `every` is larger: the
    device itself decides whether to update, by the `found_inf` flag of torch's fused optimizers,
    and skips every update from the first bad step on; the flag is read each `every` steps.
    With `gradients` False their norm is not judged: a gradient scaler overflows as a matter of
    course, and skips such steps itself.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer, *, every: int, gradients: bool = True
    ) -> None:
        self.optimizer = optimizer
        self.every = every
        self.gradients = gradients
        self._waiting: list[tuple[Step, Tensor]] = []
        self._bad: Tensor | None = None

    def see(self, step: Step, loss: Tensor, gradient_norm: Tensor) -> None:
        """Judge one step before its update.

        Raises:
            TrainingDiverged: this step (or, with `every` > 1, one since the last look) is bad.
        """
        if self.every == 1:
            self._judge(step, gradient_norm)
            return
        bad = ~(torch.isfinite(loss) & torch.isfinite(gradient_norm))
        self._bad = bad if self._bad is None else self._bad | bad
        # Read by the fused kernels in place of the gradient scaler's own flag.
        self.optimizer.found_inf = self._bad.to(torch.float32)  # type: ignore[attr-defined]
        self._waiting.append((step, gradient_norm))
        if len(self._waiting) >= self.every:
            self.settle()

    def settle(self) -> None:
        """Read the flag now, as at the end of an epoch.

        Raises:
            TrainingDiverged: naming the first bad step since the last look.
        """
        if self._bad is not None and bool(self._bad):
            for step, gradient_norm in self._waiting:
                self._judge(step, gradient_norm)
        self._waiting.clear()

    def _judge(self, step: Step, gradient_norm: Tensor) -> None:
        norm = float(gradient_norm)
        if not math.isfinite(step.loss) or (self.gradients and not math.isfinite(norm)):
            raise TrainingDiverged(step, gradient_norm=norm)
