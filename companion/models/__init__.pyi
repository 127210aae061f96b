from companion.models.captioner import (
    Captioner as Captioner,
    aligned_encoder as aligned_encoder,
    mixing_encoder as mixing_encoder,
    overlapping_encoder as overlapping_encoder,
)
from companion.models.convmixer import (
    ConvMixer as ConvMixer,
    ConvMixerBlock as ConvMixerBlock,
)
from companion.models.decoding import (
    Decoded as Decoded,
    DecoderState as DecoderState,
    StepModel as StepModel,
    beam_search as beam_search,
    greedy as greedy,
)
from companion.models.deit import (
    DeiT as DeiT,
    DistilledLogits as DistilledLogits,
)
from companion.models.hybrids import (
    Hybrid as Hybrid,
)
from companion.models.keras_encoder import (
    keras_encoder as keras_encoder,
    weights_from_keras as weights_from_keras,
)
from companion.models.mlp_mixer import (
    MLPMixer as MLPMixer,
    init_as_mixer as init_as_mixer,
)
from companion.models.readers import (
    AttentionReader as AttentionReader,
    ConvolutionReader as ConvolutionReader,
    LastPlace as LastPlace,
    RecurrentReader as RecurrentReader,
)
from companion.models.resnet import (
    BasicBlock as BasicBlock,
    ResNet as ResNet,
)
from companion.models.seq2seq import (
    FixedSummary as FixedSummary,
    Seq2Seq as Seq2Seq,
)
from companion.models.text_classifier import (
    TextClassifier as TextClassifier,
    mean_of_tokens as mean_of_tokens,
)
from companion.models.text_encoder import (
    TextEncoder as TextEncoder,
    TextSizes as TextSizes,
)
from companion.models.transformer import (
    Transformer as Transformer,
)
from companion.models.vit import (
    ViT as ViT,
)
