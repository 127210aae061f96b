"""What a model costs: parameters, operations, time, and how they grow."""

import statistics
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from companion.cost.clock import seconds_of


def count_parameters(model: nn.Module) -> int:
    """All numbers that training may change, frozen ones too, shared ones once."""
    return sum(parameter.numel() for parameter in model.parameters())


def count_flops(model: nn.Module, images: Tensor) -> int:
    """Floating-point operations of one forward pass over the whole batch.

    A multiplication and an addition are two operations. Counts matrix products and convolutions,
    as is customary; norms, activations and softmax are left out. Works on the meta device too,
    where nothing is computed.
    """
    counter = FlopCounterMode(display=False)
    # torch has no count for the CPU's fused attention, which it would pass over in silence.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        model(images)
    return int(counter.get_total_flops())


def scaling_exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The p of cost = a * size^p, by least squares on the logarithms.

    Raises:
        ValueError: fewer than two different sizes, lengths that differ, or a value not above 0.
    """
    if len(sizes) != len(costs):
        raise ValueError(f"{len(sizes)} sizes and {len(costs)} costs: give one cost for each size")
    if len(set(sizes)) < 2:
        raise ValueError(f"sizes={list(sizes)}: an exponent needs at least two different sizes")
    if min(*sizes, *costs) <= 0:
        raise ValueError(f"smallest value {min(*sizes, *costs)}: sizes and costs must be above 0")
    slope, _ = np.polyfit(np.log(sizes), np.log(costs), 1)
    return float(slope)


def median_seconds(call: Callable[[], object], repeats: int = 9) -> float:
    """Seconds that a call takes by the clock on the wall, the median after one call to warm up.

    What the call asks of a GPU is waited for.

    Raises:
        ValueError: `repeats` is less than 1.
    """
    if repeats < 1:
        raise ValueError(f"repeats={repeats}: time at least one call")
    call()
    return statistics.median(seconds_of(call) for _ in range(repeats))
