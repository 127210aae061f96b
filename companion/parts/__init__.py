"""What models are made of: patches, positions, attention, blocks, and their composition."""

from companion.parts.additive import AdditiveAttention, DotProductAttention, Memory
from companion.parts.attention import AttentionTap, KeysValues, MultiHeadAttention, TokenLayout
from companion.parts.blocks import ClassTokenPool, FeedForward, MeanPool, MixingBlock
from companion.parts.classifier import PatchClassifier
from companion.parts.cross_attention import CrossAttention
from companion.parts.masks import causal_mask, key_mask
from companion.parts.patches import PatchEmbed, PatchGrid, from_patches, to_patches
from companion.parts.positions import ClassToken, LearnedPositions, SinusoidalPositions, sinusoids

__all__ = [
    "AdditiveAttention",
    "AttentionTap",
    "ClassToken",
    "ClassTokenPool",
    "CrossAttention",
    "DotProductAttention",
    "FeedForward",
    "KeysValues",
    "LearnedPositions",
    "MeanPool",
    "Memory",
    "MixingBlock",
    "MultiHeadAttention",
    "PatchClassifier",
    "PatchEmbed",
    "PatchGrid",
    "SinusoidalPositions",
    "TokenLayout",
    "causal_mask",
    "from_patches",
    "key_mask",
    "sinusoids",
    "to_patches",
]
