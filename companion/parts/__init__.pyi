from companion.parts.attention.additive import (
    AdditiveAttention as AdditiveAttention,
    DotProductAttention as DotProductAttention,
    Memory as Memory,
)
from companion.parts.attention.cross import (
    CrossAttention as CrossAttention,
)
from companion.parts.attention.masks import (
    causal_mask as causal_mask,
    key_mask as key_mask,
)
from companion.parts.attention.multi_head import (
    KeysValues as KeysValues,
    MultiHeadAttention as MultiHeadAttention,
)
from companion.parts.attention.tap import (
    CLASS_TOKEN as CLASS_TOKEN,
    AttentionTap as AttentionTap,
    TokenLayout as TokenLayout,
)
from companion.parts.attention.without_query import (
    EvenAttention as EvenAttention,
    FixedAttention as FixedAttention,
)
from companion.parts.blocks import (
    ClassTokenPool as ClassTokenPool,
    FeedForward as FeedForward,
    MeanPool as MeanPool,
    MixingBlock as MixingBlock,
    init_as_vit as init_as_vit,
)
from companion.parts.classifier import (
    PatchClassifier as PatchClassifier,
)
from companion.parts.layers import (
    DecoderLayer as DecoderLayer,
    EncoderLayer as EncoderLayer,
    PostNormLayer as PostNormLayer,
)
from companion.parts.mixing.content_free import (
    ContentFreeAttention as ContentFreeAttention,
    EvenWeights as EvenWeights,
    FrozenWeights as FrozenWeights,
    LearnedWeights as LearnedWeights,
    PlaceWeights as PlaceWeights,
)
from companion.parts.mixing.on_grid import (
    AsTokens as AsTokens,
    DepthwiseConvolution as DepthwiseConvolution,
    OnGrid as OnGrid,
)
from companion.parts.mixing.token_mlp import (
    TokenMLP as TokenMLP,
)
from companion.parts.mixing.unlearned import (
    FourierMixing as FourierMixing,
    NoMixing as NoMixing,
    ShiftMixing as ShiftMixing,
)
from companion.parts.patches import (
    PatchEmbed as PatchEmbed,
    PatchGrid as PatchGrid,
    from_patches as from_patches,
    to_patches as to_patches,
)
from companion.parts.positions import (
    ClassToken as ClassToken,
    LearnedPositions as LearnedPositions,
    SinusoidalPositions as SinusoidalPositions,
    resize_positions as resize_positions,
    sinusoids as sinusoids,
)
