"""How many operations had to wait for one another: what no number of processors can shorten."""

from typing import Any

from torch import Tensor


def longest_chain(result: Tensor) -> int:
    """The most operations in a row that led to a tensor, as torch's graph for gradients has them.

    Raises:
        ValueError: the tensor has no graph, such as one made without parameters or under no_grad.

    Source: the sequential operations of Vaswani et al. 2017, table 1, counted.
    """
    if result.grad_fn is None:
        raise ValueError("result has no graph: make it with gradients on, from a parameter")
    length: dict[Any, int] = {None: 0}
    waiting: list[Any] = [result.grad_fn]
    while waiting:
        node = waiting[-1]
        before = [earlier for earlier, _ in node.next_functions]
        missing = [earlier for earlier in before if earlier not in length]
        if missing:
            waiting += missing
        else:
            length[node] = 1 + max((length[b] for b in before), default=0)
            waiting.pop()
    return length[result.grad_fn]
