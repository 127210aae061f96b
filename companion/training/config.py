"""What a training run is told: one value object, checked where it is made."""

import math
from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Literal

# Accelerate reaches others too; these are the ones that the loop has been run or written for.
DEVICES = ("cpu", "cuda", "mps")


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
        _require_count("epochs", self.epochs)
        _require_count("checkpoint_every", self.checkpoint_every)
        _require_number("learning_rate", self.learning_rate, above=0.0)
        _require_number("weight_decay", self.weight_decay, least=0.0)
        _require_number("warmup_fraction", self.warmup_fraction, least=0.0, most=1.0)
        if self.clip_norm is not None:
            _require_number("clip_norm", self.clip_norm, above=0.0)
        _require_choice("schedule", self.schedule, ("cosine", "constant"))
        _require_choice("optimizer", self.optimizer, ("adamw", "adam"))
        _require_choice("mixed_precision", self.mixed_precision, ("no", "fp16", "bf16"))
        if self.device is not None:
            _require_choice("device", self.device, DEVICES)
        if not isinstance(self.betas, tuple) or len(self.betas) != 2:
            raise ValueError(f"betas={self.betas!r}: give two numbers, such as (0.9, 0.999)")
        for beta in self.betas:
            _require_number("betas", beta, least=0.0, below=1.0)
        if self.optimizer == "adam" and self.weight_decay != 0.0:
            raise ValueError(
                f"weight_decay={self.weight_decay} with optimizer='adam' would be an L2 penalty "
                "that Adam rescales, not decay: give weight_decay=0.0, or optimizer='adamw'"
            )
        self._use_plain_numbers()
        if self.checkpoint_dir is not None:
            object.__setattr__(self, "checkpoint_dir", Path(self.checkpoint_dir))

    def _use_plain_numbers(self) -> None:
        # A checkpoint is read with weights_only, which refuses NumPy's numbers.
        for name in ("epochs", "checkpoint_every"):
            object.__setattr__(self, name, int(getattr(self, name)))
        for name in ("learning_rate", "weight_decay", "warmup_fraction"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.clip_norm is not None:
            object.__setattr__(self, "clip_norm", float(self.clip_norm))
        object.__setattr__(self, "betas", tuple(float(beta) for beta in self.betas))


def _require_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise ValueError(f"{name}={value!r}: give a whole number of at least 1")


def _require_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name}={value!r} is unknown: give one of {', '.join(choices)}")


def _require_number(
    name: str,
    value: object,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
    below: float = math.inf,
) -> None:
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and least <= number <= most and above < number < below):
        bounds = {"at least": least, "above": above, "at most": most, "below": below}
        asked = " and ".join(f"{words} {x:g}" for words, x in bounds.items() if math.isfinite(x))
        raise ValueError(f"{name}={value!r}: give a finite number {asked}".rstrip())
