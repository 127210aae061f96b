"""Sequence to sequence with recurrent networks, with and without attention.

Axes: b batch, s source positions, t target positions, d dim of an embedding, h hidden dim, v
vocabulary.
"""

from typing import Protocol

import torch
from einops import rearrange, repeat
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from companion.checks import require_positive
from companion.models.decoding import DecoderState
from companion.parts.attention.additive import Memory
from companion.parts.attention.masks import check_padding_at_end

PADDING = 0  # the token that stands for nothing, in sources
State = DecoderState[Memory, Tensor]
"""The source's annotations, and the decoder's hidden state (b, h)."""


class Attention(Protocol):
    """What can stand between encoder and decoder."""

    def encode(self, values: Tensor, key_padding_mask: Tensor) -> Memory: ...

    def __call__(self, query: Tensor, memory: Memory) -> Tensor: ...


class FixedSummary(nn.Module):
    """No attention: whatever is asked, the answer is the encoder's last word, (b, 2h).

    That is the forward network's state after the last symbol beside the backward one's after the
    first. It stands where an attention can stand, so that nothing else differs.
    Source: Sutskever et al. 2014; Cho et al. 2014, who give it to the decoder at every step.
    """

    def encode(self, values: Tensor, key_padding_mask: Tensor) -> Memory:
        """Keep one vector of values (b, s, 2h), however many there are.

        The mask (b, s) is True at padding. Raises `ValueError` for padding before a token.
        """
        check_padding_at_end(key_padding_mask)
        lengths = (~key_padding_mask).sum(dim=1)
        last = repeat(lengths - 1, "b -> b 1 h", h=values.shape[-1] // 2)
        forward, backward = rearrange(values, "b s (two h) -> two b s h", two=2)
        summary = torch.cat([forward.gather(1, last), backward[:, :1]], dim=-1)
        return Memory(summary[:, :, :0], summary, key_padding_mask[:, :1])

    def forward(self, query: Tensor, memory: Memory) -> Tensor:  # noqa: ARG002 - it never listens
        return rearrange(memory.values, "b 1 e -> b e")


class Seq2Seq(nn.Module):
    """A recurrent network reads the source, another writes the target, looking back as it can.

    The encoder is a bidirectional GRU; its two states at a position are that position's annotation.
    The decoder is a GRU too. At each step it asks with its state, is given a context, and moves on
    with that context and the last symbol.
    Shapes: source (b, s) and target (b, t), both int64 -> logits (b, t, v). The logits at a place
    are for the token after it. Source tokens of id 0 are padding, and stand at the end.

    Args:
        source_vocabulary: number of different source tokens.
        target_vocabulary: number of different target tokens.
        dim: length of a token's vector.
        hidden_dim: length of the decoder's state and of each of the encoder's two.
        attention: maps a query (b, h) and a memory of annotations (b, s, 2h) to a context (b, 2h):
            `AdditiveAttention`, `DotProductAttention`, or `FixedSummary` for none.

    Raises:
        ValueError: a size is not positive; when called, a source without any token, or with
            padding before one.

    Source: Bahdanau et al. 2015, section 3 and appendix A, with a plain output layer.
    """

    attention: Attention

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        *,
        dim: int,
        hidden_dim: int,
        attention: nn.Module,
    ) -> None:
        super().__init__()
        require_positive(source_vocabulary=source_vocabulary, target_vocabulary=target_vocabulary)
        require_positive(dim=dim, hidden_dim=hidden_dim)
        self.embed_source = nn.Embedding(source_vocabulary, dim)
        self.encoder = nn.GRU(dim, hidden_dim, bidirectional=True, batch_first=True)
        self.bridge = nn.Linear(hidden_dim, hidden_dim)
        self.embed_target = nn.Embedding(target_vocabulary, dim)
        self.attention = attention  # type: ignore[assignment]
        self.decoder = nn.GRUCell(dim + 2 * hidden_dim, hidden_dim)
        self.head = nn.Linear(hidden_dim + 2 * hidden_dim, target_vocabulary)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        state, read = self.start(source), []
        for token in self.embed_target(target).unbind(dim=1):
            features, state = self._advance(state, token)
            read.append(features)
        return self.head(torch.stack(read, dim=1))

    def start(self, source: Tensor) -> State:
        """The state before the first step of decoding: the source is read, nothing written."""
        annotations, first = self.encode(source)
        memory = self.attention.encode(annotations, source == PADDING)
        return DecoderState(memory, past=torch.tanh(self.bridge(first)))

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Annotations (b, s, 2h), and the backward network's state at the first symbol, (b, h)."""
        lengths = (source != PADDING).sum(dim=1)
        if not lengths.all():
            raise ValueError("a source holds nothing but padding: give each at least one token")
        check_padding_at_end(source == PADDING)
        packed = pack_padded_sequence(
            self.embed_source(source), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, last = self.encoder(packed)
        annotations, _ = pad_packed_sequence(states, batch_first=True, total_length=source.shape[1])
        return annotations, last[1]

    def step(self, state: State, last: Tensor) -> tuple[Tensor, State]:
        """One token further: (b,) -> logits (b, v), as `forward` gives for the last place."""
        features, state = self._advance(state, self.embed_target(last))
        return self.head(features), state

    def _advance(self, state: State, token: Tensor) -> tuple[Tensor, State]:
        context = self.attention(state.past, state.memory)
        hidden = self.decoder(torch.cat([token, context], dim=-1), state.past)
        return torch.cat([hidden, context], dim=-1), DecoderState(state.memory, hidden)
