"""What the checks of exercises ask of an attempt's tensors."""

from collections.abc import Mapping

import torch
from torch import Tensor

from companion.lessons.exercises import Mistake


def require_shape(got: object, shape: tuple[int, ...]) -> Tensor:
    """`got`, if it is a tensor of that shape; else raises `Mistake` with both shapes."""
    if not isinstance(got, Tensor) or got.shape != shape:
        found = tuple(got.shape) if isinstance(got, Tensor) else type(got).__name__
        raise Mistake(f"Expected shape {shape}, got {found}.")
    return got


def near(got: Tensor, wanted: Tensor) -> bool:
    """Whether two tensors are equal but for rounding."""
    return torch.allclose(got, wanted, atol=1e-5)


def refuse(got: Tensor, likely: Mapping[str, Tensor]) -> None:
    """Raise `Mistake` with the message whose values `got` has, where there is one."""
    for mistake, wrong in likely.items():
        if got.shape == wrong.shape and near(got, wrong):
            raise Mistake(mistake)
