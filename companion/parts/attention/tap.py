"""The place where attention can be heard, and what the tokens heard there stand for."""

from typing import NamedTuple

from torch import nn


class TokenLayout(NamedTuple):
    """What the tokens of a sequence stand for: some prefix tokens, then a grid of patches."""

    prefix: int
    rows: int
    columns: int


class AttentionTap(nn.Identity):
    """The place where attention weights (b, h, q, k) pass by, when somebody listens.

    A listener is a forward hook. It may also replace the weights, for example to switch a head off.
    """

    layout: TokenLayout | None = None

    @property
    def listening(self) -> bool:
        """Whether anybody listens."""
        return bool(self._forward_hooks)
