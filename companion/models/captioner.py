"""A captioner: a convolutional encoder, and an LSTM that looks at the picture for every word.

Source: Xu et al. 2015, Show, Attend and Tell (the soft, deterministic attention).

Axes: b batch, c channels, y x pixels, n cells of the encoder's grid, d dim of a cell, h hidden
units, t words, v words known.
"""

from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn

from companion.checks import require_positive
from companion.models.decoding import DecoderState
from companion.models.seq2seq import Attention
from companion.parts.attention.additive import AdditiveAttention, Memory
from companion.parts.attention.tap import AttentionTap, TokenLayout
from companion.parts.positions import LearnedPositions

STRIDE = 4
"""Pixels by which the cells of both encoders lie apart."""


def aligned_encoder(*, dim: int, channels: int = 3) -> nn.Sequential:
    """Halve twice by squares that do not overlap: (b, c, y, x) -> (b, dim, y/4, x/4).

    A cell sees 16x16 pixels, its own 4x4 in the middle.
    """
    require_positive(dim=dim, channels=channels)
    return nn.Sequential(
        *_convolution(channels, 32, size=2, stride=2),
        *_convolution(32, 32, size=3, stride=1),
        *_convolution(32, 64, size=2, stride=2),
        *_convolution(64, dim, size=3, stride=1),
    )


def overlapping_encoder(*, dim: int, channels: int = 3) -> nn.Sequential:
    """Halve twice by squares that overlap, then mix further: (b, c, y, x) -> (b, dim, y/4, x/4).

    A cell sees 23x23 pixels, most of a picture of 32x32.
    """
    require_positive(dim=dim, channels=channels)
    return nn.Sequential(
        *_convolution(channels, 24, size=3, stride=2),
        *_convolution(24, 48, size=3, stride=2),
        *_convolution(48, 64, size=3, stride=1),
        *_convolution(64, dim, size=3, stride=1),
    )


class CellMixing(nn.Module):
    """Let every cell see all others: (b, d, y, x) -> (b, d, y, x), for y * x cells.

    One linear map over the cells, the same for all channels, as MLP-Mixer mixes tokens; a cell's
    place in the grid then no longer says which part of the picture it is about.
    """

    def __init__(self, cells: int, *, dim: int) -> None:
        super().__init__()
        require_positive(cells=cells, dim=dim)
        self.mix = nn.Linear(cells, cells)
        self.norm = nn.BatchNorm2d(dim)

    def forward(self, features: Tensor) -> Tensor:
        mixed = self.mix(rearrange(features, "b d y x -> b d (y x)"))
        return self.norm(rearrange(mixed, "b d (y x) -> b d y x", y=features.shape[2])).relu()


def mixing_encoder(*, dim: int, image_size: int, channels: int = 3) -> nn.Sequential:
    """The aligned encoder, and then every cell sees the whole picture.

    Shapes: (b, c, y, x) -> (b, dim, y/4, x/4), for pictures of `image_size` alone.
    """
    require_positive(image_size=image_size)
    return nn.Sequential(
        *aligned_encoder(dim=dim, channels=channels),
        CellMixing((image_size // STRIDE) ** 2, dim=dim),
    )


def _convolution(channels: int, dim: int, *, size: int, stride: int) -> list[nn.Module]:
    padding = 1 if size == 3 else 0
    convolution = nn.Conv2d(channels, dim, size, stride, padding, bias=False)
    return [convolution, nn.BatchNorm2d(dim), nn.ReLU()]


class LSTMState(NamedTuple):
    """The LSTM's two vectors, (b, h) each."""

    hidden: Tensor
    cell: Tensor


State = DecoderState[Memory, LSTMState]
"""The picture's cells, and what the LSTM keeps of the words so far."""


class Captioner(nn.Module):
    """Say what is in a picture, word by word, and for each word look at it anew.

    Shapes: images (b, c, y, x), words (b, t) -> logits (b, t, v) of the word after each.
    `start` and `step` do the same one word at a time, which is how captions are searched for.

    Args:
        encoder: images (b, c, y, x) -> features (b, dim, y/4, x/4).
        image_size: rows and columns of an image, a multiple of 4.
        dim: of a cell's features.
        hidden: units of the LSTM.
        num_words: length of the logits.
        attention: query (b, hidden), memory of cells -> what is seen (b, dim), such as
            `EvenAttention`; None takes an `AdditiveAttention`.

    Raises:
        ValueError: a size is not positive, or `image_size` no multiple of 4; when called, images
            of another size.
    """

    def __init__(
        self,
        encoder: nn.Module,
        *,
        image_size: int,
        dim: int,
        hidden: int,
        num_words: int,
        attention: nn.Module | None = None,
    ) -> None:
        super().__init__()
        require_positive(image_size=image_size, dim=dim, hidden=hidden, num_words=num_words)
        if image_size % STRIDE:
            raise ValueError(f"image_size={image_size} is no multiple of {STRIDE}: pad the images")
        self.image_size = image_size
        side = image_size // STRIDE
        self.encoder = encoder
        self.positions = LearnedPositions(side * side, dim)
        self.first_hidden = nn.Linear(dim, hidden)
        self.first_cell = nn.Linear(dim, hidden)
        if attention is None:
            attention = AdditiveAttention(query_dim=hidden, value_dim=dim, dim=64)
        self.attention: Attention = attention  # type: ignore[assignment]
        if isinstance(tap := getattr(attention, "tap", None), AttentionTap):
            tap.layout = TokenLayout(prefix=(), rows=side, columns=side)
        self.embed = nn.Embedding(num_words, 32)
        self.lstm = nn.LSTMCell(32 + dim, hidden)
        self.head = nn.Linear(32 + dim + hidden, num_words)

    def start(self, images: Tensor) -> State:
        """The state before the first word: (b, c, y, x) -> a state of b pictures."""
        if images.shape[2:] != (self.image_size, self.image_size):
            raise ValueError(
                f"images have shape {tuple(images.shape)}: this captioner takes "
                f"(batch, channels, {self.image_size}, {self.image_size})"
            )
        cells = self.positions(rearrange(self.encoder(images), "b d y x -> b (y x) d"))
        mean = cells.mean(dim=1)
        hidden, cell = torch.tanh(self.first_hidden(mean)), torch.tanh(self.first_cell(mean))
        padding = torch.zeros(cells.shape[:2], dtype=torch.bool, device=cells.device)  # none
        return DecoderState(self.attention.encode(cells, padding), past=LSTMState(hidden, cell))

    def step(self, state: State, last: Tensor) -> tuple[Tensor, State]:
        """One word further: last words (b,) -> logits (b, v) of the next, and the next state."""
        seen = self.attention(state.past.hidden, state.memory)
        word = self.embed(last)
        past = LSTMState(*self.lstm(torch.cat([word, seen], dim=1), state.past))
        logits = self.head(torch.cat([word, seen, past.hidden], dim=1))
        return logits, DecoderState(state.memory, past)

    def forward(self, images: Tensor, words: Tensor) -> Tensor:
        state = self.start(images)
        logits = []
        for last in words.unbind(dim=1):
            scores, state = self.step(state, last)
            logits.append(scores)
        return torch.stack(logits, dim=1)
