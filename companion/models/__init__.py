"""One file per paper, and the search for sequences that several of them share."""

from companion.models.decoding import Decoded, StepModel, beam_search, greedy
from companion.models.transformer import Transformer
from companion.models.vit import ViT

__all__ = ["Decoded", "StepModel", "Transformer", "ViT", "beam_search", "greedy"]
