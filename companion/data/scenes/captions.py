"""Pictures with the words said about them, for a model that learns to say them.

Axes: n pictures, b batch, c channels, y x pixels, t words with begin and end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from companion.data.scenes.scene_set import Scenes
from companion.data.scenes.words import CAPTION_WORDS
from companion.data.text.sequences import BEGIN, END, PAD, Vocabulary


@dataclass(frozen=True)
class Words(Vocabulary):
    """A vocabulary whose symbols are words, with spaces between them in a text."""

    def encode(self, text: str) -> list[int]:
        """The ids of a text's words, nothing added. Raises `ValueError` for unknown ones."""
        words = text.split()
        unknown = sorted(set(words) - set(self.symbols))
        if unknown:
            raise ValueError(f"{text!r} holds {unknown}, which are not in the vocabulary")
        return [self.symbols.index(word) + 3 for word in words]

    def words(self, ids: Tensor | Sequence[int]) -> list[str]:
        """The words of ids up to the first end; padding and begin are left out."""
        plain = torch.as_tensor(ids).tolist()
        before = plain[: plain.index(END)] if END in plain else plain
        return [self.symbols[i - 3] for i in before if i > END]

    def decode(self, ids: Tensor | Sequence[int]) -> str:
        """The text of ids up to the first end."""
        return " ".join(self.words(ids))


class CaptionBatch(NamedTuple):
    """images (b, c, y, x); captions (b, t): begin, words, end, then padding.

    A model that learns reads `images` and `captions[:, :-1]`, and answers `captions[:, 1:]`.
    """

    images: Tensor
    captions: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class CaptionSet(Dataset[CaptionBatch]):
    """Pictures (n, c, y, x) and their captions as ids (n, t). A torch `Dataset` too."""

    images: Tensor
    captions: Tensor
    vocabulary: Words

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> CaptionBatch:
        return CaptionBatch(self.images[index], self.captions[index])

    def __getitems__(self, indices: Tensor | Sequence[int]) -> CaptionBatch:
        """A whole batch at once."""
        rows = torch.as_tensor(indices)
        return CaptionBatch(self.images.index_select(0, rows), self.captions.index_select(0, rows))

    def __repr__(self) -> str:
        longest = self.captions.shape[1] - 2
        words = len(self.vocabulary.symbols)
        return f"CaptionSet({len(self):,} pictures, up to {longest} of {words} words)"


def caption_set(scenes: Scenes) -> CaptionSet:
    """Scenes with their captions, in words that are the same for all scenes."""
    vocabulary = Words(CAPTION_WORDS)
    ids = [torch.tensor([BEGIN, *vocabulary.encode(text), END]) for text in scenes.captions()]
    captions = pad_sequence(ids, batch_first=True, padding_value=PAD)
    return CaptionSet(scenes.images, captions, vocabulary)
