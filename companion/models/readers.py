"""Three ways to bring what was read far back to the last place of a sequence.

Axes: b batch, n symbols, d dim.
"""

from collections.abc import Sequence

from einops import rearrange
from torch import Tensor, nn

from companion.checks import require_positive
from companion.parts.attention.additive import DotProductAttention


class RecurrentReader(nn.Module):
    """A GRU reads on; its last state is the answer: (b, n, d) -> (b, d).

    Source: Cho et al. 2014, in torch's form.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        require_positive(dim=dim)
        self.gru = nn.GRU(dim, dim, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.gru(x)[1][-1]


class ConvolutionReader(nn.Module):
    """Convolutions of width 3, one on the other; the last place is the answer.

    Each reaches its dilation to both sides, so the last place sees the sum of them back.
    Shapes: (b, n, d) -> (b, d). Source of the dilation: Yu and Koltun 2016.

    Args:
        dim: channels of every layer.
        dilations: one for each layer, such as [1, 1, 1] or [1, 2, 4].

    Raises:
        ValueError: there is no layer, or a number below 1.
    """

    def __init__(self, dim: int, *, dilations: Sequence[int]) -> None:
        super().__init__()
        require_positive(dim=dim, layers=len(dilations))
        for dilation in dilations:
            require_positive(dilation=dilation)
        layers = [nn.Conv1d(dim, dim, 3, padding=d, dilation=d) for d in dilations]
        self.layers = nn.Sequential(*(part for layer in layers for part in (layer, nn.GELU())))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(rearrange(x, "b n d -> b d n"))[..., -1]


class AttentionReader(nn.Module):
    """The last place asks once, with a dot product, over all places: (b, n, d) -> (b, d)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.attention = DotProductAttention(query_dim=dim, value_dim=dim, dim=dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x[:, -1], self.attention.encode(x))


class LastPlace(nn.Module):
    """Names a symbol after a sequence was read: (b, n) ids -> logits (b, classes).

    Args:
        ids: number of different symbols.
        classes: number of answers.
        dim: length of a symbol's vector.
        reader: maps vectors (b, n, d) to one vector (b, d).

    Raises:
        ValueError: a size is not positive.
    """

    def __init__(self, ids: int, classes: int, *, dim: int, reader: nn.Module) -> None:
        super().__init__()
        require_positive(ids=ids, classes=classes, dim=dim)
        self.embed = nn.Embedding(ids, dim)
        self.reader = reader
        self.head = nn.Linear(dim, classes)

    def forward(self, ids: Tensor) -> Tensor:
        return self.answer(self.embed(ids))

    def answer(self, x: Tensor) -> Tensor:
        """The logits for vectors (b, n, d), so that their gradients can be asked for."""
        return self.head(self.reader(x))
