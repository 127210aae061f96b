"""What goes into a model: labelled images, pairs of sequences, captions, and one way to batches."""

from companion.data.batches import batches
from companion.data.captions import CaptionBatch, CaptionSet, Words, caption_set
from companion.data.cifar_binary import load_cifar10_first_test_images
from companion.data.dates import make_dates
from companion.data.digits import load_digits
from companion.data.folders import find_vision
from companion.data.image_set import ImageSet, Splits
from companion.data.mentions import Mentions, exactly_right, find_mentions, is_of_kind
from companion.data.multi30k import (
    SentencePairs,
    TranslationSplits,
    find_multi30k,
    load_multi30k,
)
from companion.data.pair_batches import PairBatches
from companion.data.scenes import draw_scenes, load_scenes
from companion.data.scenes_set import Scenes
from companion.data.sequences import SequenceBatch, SequenceSet, Vocabulary, make_reversals
from companion.data.sources import ChecksumError, DownloadError
from companion.data.subwords import Subwords, train_subwords
from companion.data.vision import load_vision

__all__ = [
    "CaptionBatch",
    "CaptionSet",
    "ChecksumError",
    "DownloadError",
    "ImageSet",
    "Mentions",
    "PairBatches",
    "Scenes",
    "SentencePairs",
    "SequenceBatch",
    "SequenceSet",
    "Splits",
    "Subwords",
    "TranslationSplits",
    "Vocabulary",
    "Words",
    "batches",
    "caption_set",
    "draw_scenes",
    "exactly_right",
    "find_mentions",
    "find_multi30k",
    "find_vision",
    "is_of_kind",
    "load_cifar10_first_test_images",
    "load_digits",
    "load_multi30k",
    "load_scenes",
    "load_vision",
    "make_dates",
    "make_reversals",
    "train_subwords",
]
