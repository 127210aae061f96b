"""The Transformer (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762), pre-norm, with GELU.

Axes: b batch, m source tokens, n target tokens, d dim, h heads, e dim of one head, v vocabulary.
"""

from collections.abc import Sequence
from typing import NamedTuple

from einops import rearrange
from torch import Tensor, nn

from companion.checks import require_fraction, require_positive
from companion.models.decoding import DecoderState
from companion.parts.attention.masks import causal_mask, check_padding_at_end, key_mask
from companion.parts.attention.multi_head import KeysValues
from companion.parts.blocks import NORM_EPS
from companion.parts.layers import DecoderLayer, EncoderLayer
from companion.parts.positions import SinusoidalPositions

PADDING = 0  # the token that stands for nothing, in sources


class EncodedSource(NamedTuple):
    """What the decoder attends to, made ready once for all steps.

    Attributes:
        layers: of each decoder layer, the source's keys and values (b, h, m, e).
        key_padding_mask: (b, m), True where the source is padding.
    """

    layers: tuple[KeysValues, ...]
    key_padding_mask: Tensor


State = DecoderState[EncodedSource, tuple[KeysValues, ...]]
"""The source, and of each layer the keys and values (b, h, n, e) of the target tokens so far."""


class Transformer(nn.Module):
    """An encoder that reads a source, and a decoder that writes a target, attending to it.

    Shapes: source (b, m) and target (b, n), both int64 -> logits (b, n, v). The logits at a place
    are for the token after it, and depend on the target up to that place alone. Source tokens of
    id 0 are padding, and stand at the end. The output layer's matrix is the target's embedding
    (section 3.4).

    Args:
        source_vocabulary: number of different source tokens.
        target_vocabulary: number of different target tokens.
        dim: length of a token's vector. (The paper's base model: 512.)
        depth: layers of the encoder, and as many of the decoder. (6.)
        heads: attention heads in each attention. (8.)
        max_length: tokens in the longest source or target.
        dropout: after embedding and each layer that changes the tokens. (0.1.)

    Raises:
        ValueError: a size is not positive, or `dim` is odd or not divisible by `heads`; when
            called, a sequence is longer than `max_length`, or a source has padding before a token.
    """

    decoder: Sequence[DecoderLayer]

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        *,
        dim: int,
        depth: int,
        heads: int,
        max_length: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        require_positive(depth=depth)
        require_fraction(dropout=dropout)
        sizes = {"heads": heads, "hidden_dim": 4 * dim}
        self.embed_source = TokenEmbedding(source_vocabulary, dim)
        self.embed_target = TokenEmbedding(target_vocabulary, dim)
        self.positions = SinusoidalPositions(max_length, dim)
        self.dropout = nn.Dropout(dropout)
        self.encoder = nn.ModuleList(
            EncoderLayer(dim, **sizes, dropout=dropout) for _ in range(depth)
        )
        self.encoder_norm = nn.LayerNorm(dim, eps=NORM_EPS)
        self.decoder = nn.ModuleList(  # type: ignore[assignment]
            DecoderLayer(dim, **sizes, dropout=dropout) for _ in range(depth)
        )
        self.decoder_norm = nn.LayerNorm(dim, eps=NORM_EPS)
        self.head = nn.Linear(dim, target_vocabulary)
        self.head.weight = self.embed_target.table.weight

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        memory, memory_mask = self.encode(source), key_mask(source == PADDING)
        attn_mask = causal_mask(target.shape[1], device=target.device)
        tokens = self.dropout(self.positions(self.embed_target(target)))
        for layer in self.decoder:
            tokens = layer(tokens, memory, attn_mask, memory_mask)
        return self.head(self.decoder_norm(tokens))

    def encode(self, source: Tensor) -> Tensor:
        """The memory that the decoder attends to: (b, m) -> (b, m, d)."""
        check_padding_at_end(source == PADDING)
        attn_mask = key_mask(source == PADDING)
        tokens = self.dropout(self.positions(self.embed_source(source)))
        for layer in self.encoder:
            tokens = layer(tokens, attn_mask)
        return self.encoder_norm(tokens)

    def start(self, source: Tensor) -> State:
        """The state before the first step of decoding: the source is read, nothing written."""
        memory = self.encode(source)
        kept = tuple(layer.cross_attention.encode(memory) for layer in self.decoder)
        nothing = tuple(KeysValues(k[:, :, :0], v[:, :, :0]) for k, v in kept)
        return DecoderState(EncodedSource(kept, source == PADDING), past=nothing)

    def step(self, state: State, last: Tensor) -> tuple[Tensor, State]:
        """One token further: (b,) -> logits (b, v), as `forward` gives for the last place.

        Keys and values of earlier tokens are taken from the state, not computed again.
        """
        memory_mask = key_mask(state.memory.key_padding_mask)
        first = state.past[0].keys.shape[2]
        token = rearrange(self.embed_target(last), "b d -> b 1 d")
        token, past = self.dropout(self.positions(token, first)), []
        for layer, before, memory in zip(
            self.decoder, state.past, state.memory.layers, strict=True
        ):
            token, kept = layer.extend(token, before, memory, memory_mask)
            past.append(kept)
        logits = self.head(self.decoder_norm(token[:, 0]))
        return logits, DecoderState(state.memory, tuple(past))


class TokenEmbedding(nn.Module):
    """A learned vector for each token of a vocabulary, scaled by sqrt(d): (...) -> (..., d).

    Source: Vaswani et al. 2017, section 3.4.
    """

    def __init__(self, vocabulary: int, dim: int) -> None:
        super().__init__()
        require_positive(vocabulary=vocabulary, dim=dim)
        self.scale = dim**0.5
        self.table = nn.Embedding(vocabulary, dim)
        # Small, since the same numbers serve as the output layer; scaled, they have deviation 1.
        nn.init.normal_(self.table.weight, std=dim**-0.5)

    def forward(self, ids: Tensor) -> Tensor:
        return self.table(ids) * self.scale
