"""What the adapters to other libraries share: who hears, and how the patches' grid is known.

Axes: b batch, h heads, q and k query and key positions, d dim, y and x the patch grid.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from torch import Tensor, nn

from companion.parts.attention.tap import CLASS_TOKEN, TokenLayout

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


def prefix_names(*, class_token: bool, distillation: bool = False, registers: int) -> list[str]:
    """What the tokens before the patches are, in the order in which both libraries put them."""
    named = [CLASS_TOKEN] * class_token + ["distillation token"] * distillation
    return named + [f"register {number}" for number in range(1, registers + 1)]


class Grid:
    """Knows what the tokens of a call stand for, from the patches that were cut in that call.

    The patch embedding's convolution says how many rows and columns of patches there are: with
    images of another size than the model was built for, its settings would say something else.

    Args:
        embed: takes the images (b, c, height, width), and calls the projection, or is it.
        projection: the convolution, (b, c, height, width) -> (b, d, y, x).
        patch_size: rows and columns of pixels in a patch.
        prefix: what the tokens before the patches are.
        stack: while it is open, embed and projection are listened to.
    """

    def __init__(
        self,
        embed: nn.Module,
        projection: nn.Module,
        *,
        patch_size: tuple[int, int],
        prefix: list[str],
        stack: ExitStack,
    ) -> None:
        self.patch_size = patch_size
        self.prefix = tuple(prefix)
        self.image: tuple[int, ...] = (0, 0)
        self.patches: tuple[int, ...] = (0, 0)
        stack.enter_context(embed.register_forward_pre_hook(self._see_image))
        stack.enter_context(projection.register_forward_hook(self._see_patches))

    def _see_image(self, _: nn.Module, given: tuple[Tensor, ...]) -> None:
        self.image = tuple(given[0].shape[-2:])

    def _see_patches(self, _: nn.Module, __: tuple[Tensor, ...], patches: Tensor) -> None:
        self.patches = tuple(patches.shape[-2:])

    def layout(self, weights: Tensor) -> TokenLayout | None:
        """What the keys of weights (b, h, q, k) stand for; None where they are not all patches.

        So it is for tokens that no image was cut into, or of which some were dropped.
        """
        rows, columns = self.patches
        down, right = (
            size - count * patch
            for size, count, patch in zip(self.image, self.patches, self.patch_size, strict=True)
        )
        layout = TokenLayout(self.prefix, rows, columns, leftover=(down, right))
        return layout if rows and weights.shape[-1] == layout.num_tokens else None
