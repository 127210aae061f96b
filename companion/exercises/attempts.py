"""What the checks of exercises ask of an attempt: a shape, the right values, the right number."""

from collections.abc import Mapping

import torch
from torch import Tensor

from companion.lessons.exercises import Mistake


def require_shape(got: object, shape: tuple[int, ...]) -> Tensor:
    """`got`, if it is a tensor of that shape; else raises `Mistake` with both shapes."""
    if not isinstance(got, Tensor) or got.shape != shape:
        found = tuple(got.shape) if isinstance(got, Tensor) else type(got).__name__
        raise Mistake(f"Expected shape {tuple(shape)}, got {found}.")
    return got


def near(got: Tensor, wanted: Tensor, atol: float = 1e-5) -> bool:
    """Whether two tensors of any types are equal but for rounding."""
    return got.shape == wanted.shape and torch.allclose(got.double(), wanted.double(), atol=atol)


def require_equal(
    got: Tensor, right: Tensor, likely: Mapping[str, Tensor], otherwise: str, *, case: str = ""
) -> None:
    """Nothing, if `got` is `right`; else raises `Mistake` with the message that fits.

    Args:
        got: the attempt's answer.
        right: the right one.
        likely: message -> the answer that this mistake gives, the first that fits is named.
        otherwise: the message where none fits.
        case: what stands before each message.
    """
    if near(got, right):
        return
    refuse(got, likely, case=case)
    raise Mistake(case + otherwise)


def refuse(got: Tensor, likely: Mapping[str, Tensor], *, case: str = "") -> None:
    """Raise `Mistake` with the message whose values `got` has, where there is one."""
    for mistake, wrong in likely.items():
        if near(got, wrong):
            raise Mistake(case + mistake)


def require_count(got: int, right: int, likely: Mapping[int, str], case: str, part: str) -> None:
    """Nothing, if a number of parameters is right; else raises `Mistake` with what was forgotten.

    Args:
        got: the attempt's number.
        right: the right one.
        likely: by how many too few -> what has so many; a negative key is for too many alone.
        case: what was counted.
        part: what to look at where no key fits.
    """
    missing = right - got
    if missing == 0:
        return
    hint = likely.get(missing) or likely.get(abs(missing)) or f"{part}'s parameters, by name"
    difference = f"{abs(missing):,} too {'few' if missing > 0 else 'many'}"
    raise Mistake(f"{got:,} for {case} is {difference}: look at {hint}.")
