"""The place where attention can be heard, and what the tokens heard there stand for."""

from dataclasses import dataclass

from torch import nn

CLASS_TOKEN = "class token"


@dataclass(frozen=True)
class TokenLayout:
    """What the tokens of a sequence stand for: some prefix tokens, then a grid of patches.

    Attributes:
        prefix: what each token before the patches is, such as ("class token", "register 1").
        rows: of the patch grid.
        columns: of the patch grid.
        leftover: pixels at the bottom and at the right of the image that belong to no patch; less
            than 0 where the patches reach as far beyond the image.
    """

    prefix: tuple[str, ...]
    rows: int
    columns: int
    leftover: tuple[int, int] = (0, 0)

    @property
    def num_prefix(self) -> int:
        """Tokens before the patches."""
        return len(self.prefix)

    @property
    def num_tokens(self) -> int:
        """All tokens: prefix and patches."""
        return len(self.prefix) + self.rows * self.columns

    @property
    def class_token(self) -> int | None:
        """The class token's place in the sequence; None where there is no such token."""
        return self.prefix.index(CLASS_TOKEN) if CLASS_TOKEN in self.prefix else None


class AttentionTap(nn.Identity):
    """The place where attention weights (b, h, q, k) pass by, when somebody listens.

    A listener is a forward hook. It may also replace the weights, for example to switch a head off.
    """

    layout: TokenLayout | None = None

    @property
    def listening(self) -> bool:
        """Whether anybody listens."""
        return bool(self._forward_hooks)
