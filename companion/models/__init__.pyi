from companion.models.captioner import (
    Captioner as Captioner,
)
from companion.models.captioner import (
    aligned_encoder as aligned_encoder,
)
from companion.models.captioner import (
    mixing_encoder as mixing_encoder,
)
from companion.models.captioner import (
    overlapping_encoder as overlapping_encoder,
)
from companion.models.decoding import (
    Decoded as Decoded,
)
from companion.models.decoding import (
    DecoderState as DecoderState,
)
from companion.models.decoding import (
    StepModel as StepModel,
)
from companion.models.decoding import (
    beam_search as beam_search,
)
from companion.models.decoding import (
    greedy as greedy,
)
from companion.models.seq2seq import (
    FixedSummary as FixedSummary,
)
from companion.models.seq2seq import (
    Seq2Seq as Seq2Seq,
)
from companion.models.transformer import (
    Transformer as Transformer,
)
from companion.models.vit import (
    ViT as ViT,
)
