"""A text encoder as BERT and DistilBERT are.

It takes what a tokenizer of Hugging Face gives, under the same names:
`encoder(**tokenizer(texts, padding=True, return_tensors="pt"))`.

Axes: b batch, n tokens, d dim.
Source: Devlin et al. 2019, https://arxiv.org/abs/1810.04805, section 3; Sanh et al. 2019,
https://arxiv.org/abs/1910.01108, section 3, which leaves out the segments and half of the layers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from companion.checks import require_fraction, require_number, require_positive
from companion.parts.attention.masks import check_key_padding, key_mask
from companion.parts.attention.multi_head import require_heads
from companion.parts.blocks import init_as_vit
from companion.parts.layers import PostNormLayer

INIT_STD = 0.02


@dataclass(frozen=True, kw_only=True)
class TextSizes:
    """The sizes of a text encoder.

    Attributes:
        vocabulary: number of different tokens. (BERT: 30,522.)
        dim: length of a token's vector. (BERT base, MiniLM: 768, 384.)
        depth: number of layers. (12, 6.)
        heads: attention heads in each layer. (12, 12.)
        hidden_dim: hidden length of the MLPs. (3072, 1536.)
        max_length: tokens in the longest text. (512.)
        segments: kinds of `token_type_ids`, 2 in BERT for the two texts of a pair; 0 in DistilBERT,
            which tells them apart by the separator alone.
        norm_eps: of every norm.

    Raises:
        ValueError: a size is not positive, or `dim` is not divisible by `heads`.
    """

    vocabulary: int
    dim: int
    depth: int
    heads: int
    hidden_dim: int
    max_length: int
    segments: int
    norm_eps: float = 1e-12

    def __post_init__(self) -> None:
        require_positive(vocabulary=self.vocabulary, depth=self.depth, hidden_dim=self.hidden_dim)
        require_positive(max_length=self.max_length)
        require_heads(self.dim, self.heads)
        require_number(segments=self.segments, least=0)
        require_number(norm_eps=self.norm_eps, above=0.0)


class TextEncoder(nn.Module):
    """Reads a text in both directions at once: ids (b, n) -> a vector for each token (b, n, d).

    Every token attends to every other that `attention_mask` lets count. Vectors at padding are
    computed too, as the library does, and mean nothing. Dropout is where BERT has it, but for that
    of the attention weights, which is left out.

    Raises:
        ValueError: `dropout` is not in [0, 1); in `forward`, ids that are no whole numbers (b, n),
            are more than `max_length`, or segments for an encoder that has none.
    """

    def __init__(self, sizes: TextSizes, *, dropout: float = 0.1) -> None:
        super().__init__()
        require_fraction(dropout=dropout)
        self.sizes = sizes
        self.embed = TextEmbedding(sizes, dropout=dropout)
        self.layers = nn.ModuleList(
            PostNormLayer(
                sizes.dim,
                heads=sizes.heads,
                hidden_dim=sizes.hidden_dim,
                dropout=dropout,
                norm_eps=sizes.norm_eps,
            )
            for _ in range(sizes.depth)
        )
        init_as_vit(self.layers, std=INIT_STD)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
    ) -> Tensor:
        """The last layer's vectors.

        Args:
            input_ids: (b, n), the tokens.
            attention_mask: (b, n), 0 at padding, 1 at tokens; all count where it is not given.
            token_type_ids: (b, n), which text of a pair a token is of; the first where not given.
        """
        tokens = self.embed(input_ids, token_type_ids)
        attn_mask = None
        if attention_mask is not None:
            check_key_padding(attention_mask == 0, input_ids.shape)
            attn_mask = key_mask(attention_mask == 0)
        for layer in self.layers:
            tokens = layer(tokens, attn_mask)
        return tokens


class TextEmbedding(nn.Module):
    """A vector for each token, for its place and for its segment, summed and normed.

    Shapes: ids (b, n) and segments (b, n) -> (b, n, d). Raises as `TextEncoder.forward`.
    """

    def __init__(self, sizes: TextSizes, *, dropout: float) -> None:
        super().__init__()
        self.words = nn.Embedding(sizes.vocabulary, sizes.dim)
        self.places = nn.Embedding(sizes.max_length, sizes.dim)
        self.segments = nn.Embedding(sizes.segments, sizes.dim) if sizes.segments else None
        self.norm = nn.LayerNorm(sizes.dim, eps=sizes.norm_eps)
        self.dropout = nn.Dropout(dropout)
        for table in filter(None, (self.words, self.places, self.segments)):
            nn.init.normal_(table.weight, std=INIT_STD)

    def forward(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        self._require_ids(ids)
        places = torch.arange(ids.shape[1], device=ids.device)
        vectors = self.words(ids) + self.places(places)
        if self.segments is not None:
            vectors = vectors + self.segments(
                torch.zeros_like(ids) if segments is None else segments
            )
        elif segments is not None:
            raise ValueError(
                "token_type_ids for an encoder without segments: leave them out, or build the "
                'tokenizer with model_input_names=["input_ids", "attention_mask"]'
            )
        return self.dropout(self.norm(vectors))

    def _require_ids(self, ids: Tensor) -> None:
        if ids.ndim != 2 or ids.is_floating_point() or ids.dtype == torch.bool:
            raise ValueError(
                f"input_ids are {ids.dtype} of shape {tuple(ids.shape)}: expected whole numbers of "
                'shape (batch, tokens), as a tokenizer gives with return_tensors="pt"'
            )
        if ids.shape[1] > self.places.num_embeddings:
            raise ValueError(
                f"{ids.shape[1]} tokens, but this encoder knows {self.places.num_embeddings} "
                "places: tokenize with truncation=True"
            )
