"""One file per paper, and the search for sequences that several of them share."""

from companion.models.captioner import (
    Captioner,
    aligned_encoder,
    mixing_encoder,
    overlapping_encoder,
)
from companion.models.decoding import Decoded, StepModel, beam_search, greedy
from companion.models.seq2seq import FixedSummary, Seq2Seq
from companion.models.transformer import Transformer
from companion.models.vit import ViT

__all__ = [
    "Captioner",
    "Decoded",
    "FixedSummary",
    "Seq2Seq",
    "StepModel",
    "Transformer",
    "ViT",
    "aligned_encoder",
    "beam_search",
    "greedy",
    "mixing_encoder",
    "overlapping_encoder",
]
