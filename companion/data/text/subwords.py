"""Words cut into pieces that come often: a byte-pair vocabulary, by Hugging Face's tokenizers.

Rare words become several pieces, so that a few thousand ids write every sentence.

Source: Sennrich et al. 2016, https://arxiv.org/abs/1508.07909
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from companion.data.text.sequences import BEGIN, END, PAD

if TYPE_CHECKING:
    from tokenizers import Tokenizer

UNKNOWN = 3
# In the order of their ids: the trainer numbers from 0.
SPECIAL_IDS = {"<pad>": PAD, "<begin>": BEGIN, "<end>": END, "<unknown>": UNKNOWN}
SPECIAL = tuple(sorted(SPECIAL_IDS, key=SPECIAL_IDS.__getitem__))
# Signs that come less often than the commonest 256 are written as <unknown>.
ALPHABET = 256


class Subwords:
    """A trained vocabulary: text to ids and back. Ids 0 to 3: padding, begin, end, unknown sign.

    "▁" stands for the space before a word, so that pieces joined give the very text again, and
    punctuation stands alone.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, without begin and end."""
        return [coded.ids for coded in self._tokenizer.encode_batch(list(texts))]

    def pieces(self, text: str) -> list[str]:
        """One text's pieces, for people to read."""
        return list(self._tokenizer.encode(text).tokens)

    def piece(self, symbol: int) -> str:
        """The piece that an id stands for. Raises `ValueError` where there is no such id."""
        piece = self._tokenizer.id_to_token(symbol)
        if piece is None:
            raise ValueError(f"there is no id {symbol}: this vocabulary has 0 to {len(self) - 1}")
        return str(piece)

    def decode(self, ids: Tensor | Sequence[int]) -> str:
        """The text of ids up to the first end; padding, begin and unknown signs are left out."""
        plain = torch.as_tensor(ids).tolist()
        before = plain[: plain.index(END)] if END in plain else plain
        return str(self._tokenizer.decode(before))

    @property
    def checksum(self) -> str:
        """MD5 of the vocabulary and its merges, which tells one from another."""
        content = self._tokenizer.to_str().encode()
        return hashlib.md5(content, usedforsecurity=False).hexdigest()


def train_subwords(texts: Iterable[str], *, size: int) -> Subwords:
    """Learn a vocabulary of `size` ids: signs at first, then join the commonest pair, again.

    There are fewer ids where the texts have no more pairs to join. The same texts give the same
    vocabulary. Case and accents are kept.

    Raises:
        ImportError: the library tokenizers is missing (extra `huggingface`).
        ValueError: there is no text, or `size` is too small for the signs in the texts.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    texts = list(texts)
    signs = min(len(set("".join(texts))), ALPHABET)
    if not signs:
        raise ValueError(f"{len(texts)} texts with no sign in them: give some sentences")
    if size < signs + len(SPECIAL) + 1:
        raise ValueError(
            f"size={size} is too small: {signs} signs, the space before a word and "
            f"{len(SPECIAL)} special ids need {signs + len(SPECIAL) + 1}"
        )
    tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")]
    )
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(SPECIAL),
        limit_alphabet=ALPHABET,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return Subwords(tokenizer)
