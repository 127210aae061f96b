"""Where the random generators stand: Python's, NumPy's, torch's, and those of the batches.

Of torch's, the CPU's and the run's own device's, so that another number of GPUs is no obstacle.
"""

import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from companion.training.feed import order_holders


def read_random_state(batches: Iterable[Any], device: torch.device) -> dict[str, Any]:
    """Where every generator stands now; drawing nothing."""
    kind, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002
    state = {
        "python": random.getstate(),
        "numpy": (kind, np.asarray(keys).tolist(), *rest),
        "torch": torch.get_rng_state(),
        "batches": [generator.get_state() for generator in _generators(batches)],
    }
    if device.type != "cpu":
        state[device.type] = torch.get_device_module(device).get_rng_state()
    return state


def restore_random_state(
    state: dict[str, Any], batches: Iterable[Any], device: torch.device
) -> None:
    """Put every generator back where it stood; a device's only where it is of the same kind."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])  # noqa: NPY002
    torch.set_rng_state(state["torch"])
    if device.type in state:
        torch.get_device_module(device).set_rng_state(state[device.type])
    for generator, saved in zip(_generators(batches), state["batches"], strict=True):
        generator.set_state(saved)


def _generators(batches: Iterable[Any]) -> list[torch.Generator]:
    found = [getattr(holder, "generator", None) for holder in order_holders(batches)]
    return list({id(g): g for g in found if isinstance(g, torch.Generator)}.values())
