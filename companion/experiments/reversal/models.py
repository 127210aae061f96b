"""The encoder-decoder of chapter 1 with one thing changed: who asks, when, or what can be read.

Axes: b batch, s source positions, d dim of an embedding, h hidden dim.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from companion.models.decoding import DecoderState
from companion.models.seq2seq import PADDING, Seq2Seq, State


class FedSeq2Seq(Seq2Seq):
    """The query holds the symbol written last beside the state before the step: (b, h + d)."""

    def _advance(self, state: State, token: Tensor) -> tuple[Tensor, State]:
        context = self.attention(torch.cat([state.past, token], dim=-1), state.memory)
        hidden = self.decoder(torch.cat([token, context], dim=-1), state.past)
        return torch.cat([hidden, context], dim=-1), DecoderState(state.memory, hidden)


class LateSeq2Seq(Seq2Seq):
    """It takes the step first, with the context of the step before, and asks with the new state.

    The parameters are those of `Seq2Seq`. What is kept is state and context, (b, h + 2h).
    Source: Luong et al. 2015, sections 3 and 3.3.
    """

    def start(self, source: Tensor) -> State:
        """The state before the first step; the context of the step before it is zero."""
        state = super().start(source)
        context = torch.zeros_like(state.memory.values[:, 0])
        return DecoderState(state.memory, torch.cat([state.past, context], dim=-1))

    def _advance(self, state: State, token: Tensor) -> tuple[Tensor, State]:
        past, before = state.past.split(
            [self.decoder.hidden_size, 2 * self.decoder.hidden_size], dim=-1
        )
        hidden = self.decoder(torch.cat([token, before], dim=-1), past)
        features = torch.cat([hidden, self.attention(hidden, state.memory)], dim=-1)
        return features, DecoderState(state.memory, features)


class SetSeq2Seq(Seq2Seq):
    """Nothing reads in order: an annotation is made of its own symbol alone.

    A two-layer network with as many parameters as the encoder it replaces makes annotations
    (b, s, 2h); their mean stands for the encoder's last state.
    """

    def __init__(self, *args: int, **sizes: object) -> None:
        super().__init__(*args, **sizes)  # type: ignore[arg-type]
        read = self.encoder
        budget = sum(parameter.numel() for parameter in read.parameters())
        width, out = read.input_size, 2 * read.hidden_size
        inner = round((budget - out) / (width + 1 + out))
        self.encoder = nn.Sequential(  # type: ignore[assignment]
            nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, out)
        )

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Annotations (b, s, 2h), and the mean of their second halves, (b, h)."""
        annotations = self.encoder(self.embed_source(source))
        inside = (source != PADDING)[..., None]
        mean = (annotations * inside).sum(dim=1) / inside.sum(dim=1)
        return annotations, mean.chunk(2, dim=-1)[1]
