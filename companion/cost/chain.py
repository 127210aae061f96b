"""How many operations must wait for each other."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def longest_chain(output: Tensor) -> int:
    """Operations on the longest way from the inputs to `output`, each in need of the one before.

    They are those that autograd notes in the forward pass: a matrix product, a sum, a fused
    attention count one each. However many processors there are, none of these can begin before
    the one ahead of it has ended.

    Raises:
        ValueError: nothing that leads to `output` requires a gradient, so nothing was noted.
    """
    if output.grad_fn is None:
        raise ValueError(
            "0 operations are noted for this tensor: make an input or a weight require a gradient, "
            "and do not compute under no_grad"
        )
    lengths: dict[Any, int] = {}
    waiting: list[Any] = [output.grad_fn]
    while waiting:
        node = waiting[-1]
        before = [other for other, _ in node.next_functions if other is not None]
        if missing := [other for other in before if other not in lengths]:
            waiting += missing
            continue
        # A leaf's own node only collects its gradient: it is no operation.
        lengths[node] = 1 + max(lengths[other] for other in before) if before else 0
        waiting.pop()
    return lengths[output.grad_fn]
