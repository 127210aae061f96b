"""What the adapters to other libraries share: who hears, and how the patches' grid is known.

Axes: b batch, h heads, q and k query and key positions, d dim, y and x the patch grid.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from torch import Tensor, nn

from companion.parts.attention.tap import TokenLayout

Hear = Callable[[str, Tensor, TokenLayout | None], None]
"""Takes a layer's name, its weights (b, h, q, k), and what its tokens stand for."""

Listener = Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]
"""A forward hook that changes nothing."""


class NothingRecorded(ValueError):
    """Attention was to be recorded and none came by."""


def loaded(*names: str) -> tuple[type[Any], ...]:
    """The classes of these full names, as far as their modules are loaded; none is imported.

    A model can only be of a class whose module is loaded, so nothing is missed.
    """
    places = [name.rpartition(".") for name in names]
    found = [getattr(sys.modules.get(module), name, None) for module, _, name in places]
    return tuple(kind for kind in found if isinstance(kind, type))


def set_while(stack: ExitStack, owner: object, name: str, value: object) -> None:
    """Give an attribute another value until the stack closes, then its own again."""
    stack.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, value)


class Grid:
    """Knows what the tokens of a call stand for, from the patches that were cut in that call.

    The patch embedding's convolution says how many rows and columns of patches there are: with
    images of another size than the model was built for, its settings would say something else.

    Args:
        projection: the convolution, (b, c, height, width) -> (b, d, y, x).
        prefix: tokens before the patches.
        stack: while it is open, the projection is listened to.
    """

    def __init__(self, projection: nn.Module, *, prefix: int, stack: ExitStack) -> None:
        self.prefix = prefix
        self.rows = self.columns = 0
        stack.enter_context(projection.register_forward_hook(self._see))

    def _see(self, _: nn.Module, __: tuple[Tensor, ...], patches: Tensor) -> None:
        self.rows, self.columns = patches.shape[-2:]

    def layout(self, weights: Tensor) -> TokenLayout | None:
        """What the keys of weights (b, h, q, k) stand for; None where they are not all patches.

        So it is for tokens that no image was cut into, or of which some were dropped.
        """
        if not self.rows or weights.shape[-1] != self.prefix + self.rows * self.columns:
            return None
        return TokenLayout(self.prefix, self.rows, self.columns)
