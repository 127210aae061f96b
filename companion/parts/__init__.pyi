from companion.parts.attention.additive import (
    AdditiveAttention as AdditiveAttention,
)
from companion.parts.attention.additive import (
    DotProductAttention as DotProductAttention,
)
from companion.parts.attention.additive import (
    Memory as Memory,
)
from companion.parts.attention.cross import (
    CrossAttention as CrossAttention,
)
from companion.parts.attention.masks import (
    causal_mask as causal_mask,
)
from companion.parts.attention.masks import (
    key_mask as key_mask,
)
from companion.parts.attention.multi_head import KeysValues as KeysValues
from companion.parts.attention.multi_head import MultiHeadAttention as MultiHeadAttention
from companion.parts.attention.tap import CLASS_TOKEN as CLASS_TOKEN
from companion.parts.attention.tap import AttentionTap as AttentionTap
from companion.parts.attention.tap import TokenLayout as TokenLayout
from companion.parts.blocks import (
    ClassTokenPool as ClassTokenPool,
)
from companion.parts.blocks import (
    FeedForward as FeedForward,
)
from companion.parts.blocks import (
    MeanPool as MeanPool,
)
from companion.parts.blocks import (
    MixingBlock as MixingBlock,
)
from companion.parts.blocks import (
    init_as_vit as init_as_vit,
)
from companion.parts.classifier import (
    PatchClassifier as PatchClassifier,
)
from companion.parts.layers import (
    DecoderLayer as DecoderLayer,
)
from companion.parts.layers import (
    EncoderLayer as EncoderLayer,
)
from companion.parts.patches import (
    PatchEmbed as PatchEmbed,
)
from companion.parts.patches import (
    PatchGrid as PatchGrid,
)
from companion.parts.patches import (
    from_patches as from_patches,
)
from companion.parts.patches import (
    to_patches as to_patches,
)
from companion.parts.positions import (
    ClassToken as ClassToken,
)
from companion.parts.positions import (
    LearnedPositions as LearnedPositions,
)
from companion.parts.positions import (
    SinusoidalPositions as SinusoidalPositions,
)
from companion.parts.positions import (
    resize_positions as resize_positions,
)
from companion.parts.positions import (
    sinusoids as sinusoids,
)
