"""Borrow Accelerate for one training run: device, precision and processes, and no trace of it.

Accelerate keeps its settings for the whole process. They are put aside here, so that two runs in
one notebook may differ in device or precision, and a reader's own Accelerator stays as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState, PartialState
from torch import nn

from companion.training.config import FitConfig

SHARED = (AcceleratorState, PartialState, GradientState)
# What `Accelerator.prepare` leaves on a model, and what makes a second run skip preparing it.
MARKS = ("_is_accelerate_prepared", "_original_forward", "forward")


@contextmanager
def borrowed_accelerator(config: FitConfig) -> Iterator[Accelerator]:
    """An Accelerator with the config's device and precision, for the length of a `with`.

    Raises:
        ValueError: the machine has no such device, or the device not that precision.
    """
    saved = [dict(state._shared_state) for state in SHARED]
    for state in SHARED:
        state._shared_state.clear()
    try:
        accelerator = Accelerator(
            cpu=config.device == "cpu", mixed_precision=config.mixed_precision
        )
        here = accelerator.device.type
        if config.device not in (None, here):
            raise ValueError(
                f"device={config.device!r} is not to be had here, {here!r} is: leave device=None"
            )
        if config.mixed_precision == "fp16" and here == "cpu":
            raise ValueError("mixed_precision='fp16' needs a GPU: take 'bf16' or 'no' on a CPU")
        yield accelerator
    finally:
        for state, content in zip(SHARED, saved, strict=True):
            state._shared_state.clear()
            state._shared_state.update(content)


@contextmanager
def prepared_model(accelerator: Accelerator, model: nn.Module) -> Iterator[nn.Module]:
    """The model to call in the loop: on its device, in its precision, shared among processes.

    Afterwards the caller's model is a plain model again, with the trained weights.
    """
    before = {name: vars(model)[name] for name in MARKS if name in vars(model)}
    try:
        yield accelerator.prepare_model(model)
    finally:
        for name in MARKS:
            vars(model).pop(name, None)
        vars(model).update(before)
