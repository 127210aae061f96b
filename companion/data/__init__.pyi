from companion.data.batches import (
    batches as batches,
)
from companion.data.fetch import (
    ChecksumError as ChecksumError,
    DownloadError as DownloadError,
)
from companion.data.image_set import (
    ImageSet as ImageSet,
    Splits as Splits,
)
from companion.data.images.cards import (
    Cards as Cards,
    draw_cards as draw_cards,
)
from companion.data.images.cifar.apart import (
    load_cifar10_apart as load_cifar10_apart,
    official_cifar10_images as official_cifar10_images,
)
from companion.data.images.cifar.binary import (
    load_cifar10_first_test_images as load_cifar10_first_test_images,
)
from companion.data.images.cifar.outlines import (
    OUTLINES as OUTLINES,
    outline_masks as outline_masks,
    outlined_photographs as outlined_photographs,
)
from companion.data.images.digits import (
    load_digits as load_digits,
)
from companion.data.images.find import (
    find_vision as find_vision,
)
from companion.data.images.vision import (
    load_vision as load_vision,
)
from companion.data.scenes.captions import (
    CaptionBatch as CaptionBatch,
    CaptionSet as CaptionSet,
    Words as Words,
    caption_set as caption_set,
)
from companion.data.scenes.draw import (
    draw_scenes as draw_scenes,
    load_scenes as load_scenes,
)
from companion.data.scenes.mentions import (
    Mentions as Mentions,
    exactly_right as exactly_right,
    find_mentions as find_mentions,
    is_of_kind as is_of_kind,
)
from companion.data.scenes.photographs import (
    before_photographs as before_photographs,
    photograph_crops as photograph_crops,
)
from companion.data.scenes.scene_set import (
    Scenes as Scenes,
)
from companion.data.text.dates import (
    make_dates as make_dates,
)
from companion.data.text.multi30k.load import (
    SentencePairs as SentencePairs,
    TranslationSplits as TranslationSplits,
    find_multi30k as find_multi30k,
    load_multi30k as load_multi30k,
)
from companion.data.text.pair_batches import (
    PairBatches as PairBatches,
)
from companion.data.text.reversals import (
    make_reversals as make_reversals,
)
from companion.data.text.sequences import (
    SequenceBatch as SequenceBatch,
    SequenceSet as SequenceSet,
    Vocabulary as Vocabulary,
)
from companion.data.text.subwords import (
    Subwords as Subwords,
    train_subwords as train_subwords,
)
from companion.data.text.wordpiece.encoding import (
    Encoded as Encoded,
    TokenBatch as TokenBatch,
)
from companion.data.text.wordpiece.normalise import (
    Normaliser as Normaliser,
)
from companion.data.text.wordpiece.pieces import (
    cut_word as cut_word,
)
from companion.data.text.wordpiece.tokenizer import (
    WordPiece as WordPiece,
)
from companion.data.text.wordpiece.train import (
    train_wordpiece as train_wordpiece,
)
from companion.data.text.wordpiece.words import (
    split_words as split_words,
)
from companion.data.transforms.boxes import (
    CutMix as CutMix,
    RandomErasing as RandomErasing,
)
from companion.data.transforms.colours import (
    ColourJitter as ColourJitter,
)
from companion.data.transforms.compose import (
    Compose as Compose,
    OneOf as OneOf,
)
from companion.data.transforms.crop_and_flip import (
    RandomCrop as RandomCrop,
    RandomFlip as RandomFlip,
)
from companion.data.transforms.mixup import (
    Mixup as Mixup,
)
from companion.data.transforms.normalise import (
    Normalise as Normalise,
)
from companion.data.transforms.warp import (
    RandomWarp as RandomWarp,
)
