"""What models are made of: patches, positions, attention, blocks, and their composition."""

from companion.parts.attention import AttentionTap, MultiHeadAttention, TokenLayout
from companion.parts.blocks import ClassTokenPool, FeedForward, MeanPool, MixingBlock
from companion.parts.classifier import PatchClassifier
from companion.parts.patches import PatchEmbed, PatchGrid, from_patches, to_patches
from companion.parts.positions import ClassToken, LearnedPositions

__all__ = [
    "AttentionTap",
    "ClassToken",
    "ClassTokenPool",
    "FeedForward",
    "LearnedPositions",
    "MeanPool",
    "MixingBlock",
    "MultiHeadAttention",
    "PatchClassifier",
    "PatchEmbed",
    "PatchGrid",
    "TokenLayout",
    "from_patches",
    "to_patches",
]
