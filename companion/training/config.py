"""What a training run is told: one value object, checked where it is made."""

from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from companion.checks import require_fraction, require_number, require_positive

# Accelerate reaches others too; these are the ones that the loop has been run or written for.
DEVICES = ("cpu", "cuda", "mps")
CHOICES = {
    "schedule": ("cosine", "constant"),
    "optimizer": ("adamw", "adam"),
    "mixed_precision": ("no", "fp16", "bf16"),
    "device": (*DEVICES, None),
}


@dataclass(frozen=True)
class FitConfig:
    """The settings of `fit`.

    Args:
        epochs: passes over the batches, at least 1.
        learning_rate: the highest rate, reached at the end of the warm-up.
        weight_decay: AdamW's decoupled decay (Loshchilov and Hutter 2019). Biases, norms, positions
            and class tokens are spared. "adam" decays nothing: give 0.0 with it.
        warmup_fraction: share of all steps over which the rate first rises, in both schedules.
        schedule: what comes after the warm-up: "cosine" down to 0, or "constant".
        clip_norm: longest gradient, over all parameters together; None clips nothing.
        optimizer: "adamw" or "adam".
        betas: the decay rates of Adam's two moving averages.
        mixed_precision: "no", "bf16", or "fp16" (which needs a GPU).
        checkpoint_dir: where checkpoints go, and where one is taken up again. None: nowhere.
        checkpoint_every: epochs between checkpoints; the last epoch always has one.
        progress: show a progress bar (the environment's TQDM_DISABLE=1 silences it as well).
        device: "cpu", "cuda" or "mps"; None takes the best one there is.

    Raises:
        ValueError: a setting is out of its range or unknown.
    """

    epochs: int
    learning_rate: float
    _: KW_ONLY
    weight_decay: float = 0.05
    warmup_fraction: float = 0.1
    schedule: Literal["cosine", "constant"] = "cosine"
    clip_norm: float | None = 1.0
    optimizer: Literal["adamw", "adam"] = "adamw"
    betas: tuple[float, float] = (0.9, 0.999)
    mixed_precision: Literal["no", "fp16", "bf16"] = "no"
    checkpoint_dir: Path | None = None
    checkpoint_every: int = 1
    progress: bool = True
    device: str | None = None

    def __post_init__(self) -> None:
        require_positive(epochs=self.epochs, checkpoint_every=self.checkpoint_every)
        require_number(above=0.0, learning_rate=self.learning_rate)
        require_number(least=0.0, weight_decay=self.weight_decay)
        require_number(least=0.0, most=1.0, warmup_fraction=self.warmup_fraction)
        if self.clip_norm is not None:
            require_number(above=0.0, clip_norm=self.clip_norm)
        for name, choices in CHOICES.items():
            if (value := getattr(self, name)) not in choices:
                known = ", ".join(str(choice) for choice in choices)
                raise ValueError(f"{name}={value!r} is unknown: give one of {known}")
        if not isinstance(self.betas, tuple) or len(self.betas) != 2:
            raise ValueError(f"betas={self.betas!r}: give two numbers, such as (0.9, 0.999)")
        for beta in self.betas:
            require_fraction(betas=beta)
        if self.optimizer == "adam" and self.weight_decay != 0.0:
            raise ValueError(
                f"weight_decay={self.weight_decay} with optimizer='adam' would be an L2 penalty "
                "that Adam rescales, not decay: give weight_decay=0.0, or optimizer='adamw'"
            )
        # A checkpoint is read with weights_only, which refuses NumPy's numbers.
        for name, value in vars(self).items():
            plain = _plain(value)
            object.__setattr__(self, name, plain)
        if self.checkpoint_dir is not None:
            object.__setattr__(self, "checkpoint_dir", Path(self.checkpoint_dir))


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(float(number) for number in value)
    return value.item() if isinstance(value, np.generic) else value
