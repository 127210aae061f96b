"""Stop when a loss or a gradient is no longer a finite number, before it reaches the weights."""

import math

import torch
from torch import Tensor

from companion.training.history import Step

# A loss is read once in so many steps where reading one would wait for the device.
STEPS_BETWEEN_LOOKS = 32


class TrainingDiverged(ValueError):
    """A loss or gradient is nan or infinite; the weights are those from before that step.

    Buffers, such as BatchNorm's running statistics, have moved in the forward passes that were made
    before it was noticed: `passes` of them, the bad step's own and, on a GPU, up to 31 more.
    """

    def __init__(
        self, step: Step, *, gradient_norm: float, passes: int, buffers: list[str]
    ) -> None:
        state = "The weights are those from before this step"
        if buffers:
            more = f" and {len(buffers) - 1} more" if len(buffers) > 1 else ""
            state += (
                f", but buffers ({buffers[0]}{more}) may have moved in {passes} forward passes "
                "since then: load them from a checkpoint, or build the model anew"
            )
        super().__init__(
            f"training diverged at step {step.step} (epoch {step.epoch}): loss {step.loss}, "
            f"gradient norm {gradient_norm}, learning rate {step.learning_rate:g}. {state}. Since "
            "then no checkpoint was written. Lower the learning rate, "
            "lengthen the warm-up, clip gradients (clip_norm=1.0), or look for log(0), division "
            "by 0 or labels outside the model's classes in the loss"
        )
        self.step = step
        self.gradient_norm = gradient_norm
        self.passes = passes


class DivergenceGuard:
    """Looks at each loss and gradient norm, between the backward pass and the update.

    Reading one waits for a GPU. So there the device itself decides whether to update, by the
    `found_inf` flag of torch's fused optimizers, skips every update from the first bad step on, and
    the flag is read every 32 steps. Elsewhere, and with other optimizers, each is read at once.

    Args:
        optimizer: whose updates are to be skipped.
        buffers: names of those that a forward pass may move, which the error speaks of.
        ahead: the steps run ahead of the looks.
        gradients: judge their norm too; not under a gradient scaler, for which overflow is a
            matter of course, and which skips such steps itself.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        *,
        buffers: list[str],
        ahead: bool,
        gradients: bool = True,
    ) -> None:
        fused = getattr(optimizer, "_step_supports_amp_scaling", False)
        self.every = STEPS_BETWEEN_LOOKS if ahead and fused else 1
        self.optimizer = optimizer
        self.buffers = buffers
        self.gradients = gradients
        self._waiting: list[tuple[Step, Tensor]] = []
        self._bad: Tensor | None = None

    def see(self, step: Step, gradient_norm: Tensor) -> None:
        """Judge one step before its update.

        Raises:
            TrainingDiverged: this step, or one since the last look, is bad.
        """
        self._waiting.append((step, gradient_norm))
        if self.every > 1:
            bad = ~(
                torch.isfinite(torch.as_tensor(step.unread_loss)) & torch.isfinite(gradient_norm)
            )
            self._bad = bad if self._bad is None else self._bad | bad
            # Read by the fused kernels in place of the gradient scaler's own flag.
            self.optimizer.found_inf = self._bad.to(torch.float32)  # type: ignore[attr-defined]
        if len(self._waiting) >= self.every:
            self.settle()

    def settle(self) -> None:
        """Look now, as at the end of an epoch.

        Raises:
            TrainingDiverged: naming the first bad step since the last look.
        """
        if self.every == 1 or (self._bad is not None and bool(self._bad)):
            for place, (step, norm) in enumerate(self._waiting):
                self._judge(step, float(norm), passes=len(self._waiting) - place)
        self._waiting.clear()

    def _judge(self, step: Step, norm: float, *, passes: int) -> None:
        if not math.isfinite(step.loss) or (self.gradients and not math.isfinite(norm)):
            raise TrainingDiverged(step, gradient_norm=norm, passes=passes, buffers=self.buffers)
