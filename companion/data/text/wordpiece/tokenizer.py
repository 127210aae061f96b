"""BERT's tokenizer from scratch: text to ids and back.

Normalise, cut into words, cut words into pieces, put [CLS] and [SEP] around. Its ids and places
are those of the library tokenizers with BERT's settings.

Sources: Schuster & Nakajima 2012, "Japanese and Korean voice search"; Devlin et al. 2019,
https://arxiv.org/abs/1810.04805, https://github.com/google-research/bert (tokenization.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from companion.checks import require_positive
from companion.data.text.wordpiece.encoding import (
    Encoded,
    TokenBatch,
    Truncation,
    encoded_pieces,
    framed,
    joined,
    padded,
    put_in,
    truncated,
)
from companion.data.text.wordpiece.files import read_vocabulary, write_vocabulary
from companion.data.text.wordpiece.normalise import Normaliser
from companion.data.text.wordpiece.pieces import (
    CLASS,
    PAD,
    PREFIX,
    SEPARATOR,
    SPECIAL,
    Piece,
    cut_word,
    spelled,
    vocabulary_ids,
)
from companion.data.text.wordpiece.words import split_words

_TYPED = re.compile("|".join(re.escape(token) for token in SPECIAL))


class WordPiece:
    """A vocabulary and BERT's way to write texts with it.

    Args:
        tokens: in the order of their ids; "##" begins those that go on with a word. [PAD], [UNK],
            [CLS], [SEP] and [MASK] must be among them.
        lower: capitals become small letters, as in the models called "uncased".
        strip_accents: "é" becomes "e"; left out, it follows `lower`, as in BERT.
        max_word: a word of more characters is [UNK].

    Raises:
        ValueError: a token is empty, holds white space, comes twice, or a special one is missing.
    """

    def __init__(
        self,
        tokens: Iterable[str],
        *,
        lower: bool = True,
        strip_accents: bool | None = None,
        max_word: int = 100,
    ) -> None:
        require_positive(max_word=max_word)
        self.tokens = tuple(tokens)
        self.ids = vocabulary_ids(self.tokens)
        self.normalise = Normaliser(lower, strip_accents)
        self.max_word = max_word
        self._longest = max(len(token.removeprefix(PREFIX)) for token in self.tokens)

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(
        self,
        text: str,
        pair: str | None = None,
        *,
        special: bool = True,
        max_length: int | None = None,
        truncation: Truncation = "longest_first",
    ) -> Encoded:
        """[CLS] text [SEP], or [CLS] text [SEP] pair [SEP]; the pair and its [SEP] have type 1.

        A special token typed in the text, such as "[SEP]", is that token, but no type changes.

        Args:
            text: any; of no word, there is [CLS] [SEP].
            pair: a second text.
            special: put [CLS] and [SEP] in.
            max_length: tokens at most, those put in among them; left out, there is no limit.
            truncation: which text is cut, as in `truncated`.

        Raises:
            ValueError: `max_length` is too small, or `truncated` refuses.
        """
        given = [text] if pair is None else [text, pair]
        cut = [encoded_pieces([*self._pieces(one)], self.ids) for one in given]
        parts = [part.of_type(number) for number, part in enumerate(cut)]
        if max_length is not None:
            taken = 1 + len(parts) if special else 0
            if max_length < taken:
                raise ValueError(
                    f"max_length={max_length}: [CLS] and [SEP] alone take {taken} places"
                )
            parts = truncated(parts, max_length - taken, truncation)
        if not special:
            return joined(parts)
        class_token, separator = (put_in(token, self.ids[token]) for token in (CLASS, SEPARATOR))
        return framed(parts, class_token, separator)

    def batch(
        self,
        texts: Sequence[str],
        pairs: Sequence[str] | None = None,
        *,
        length: int | None = None,
        max_length: int | None = None,
        truncation: Truncation = "longest_first",
    ) -> TokenBatch:
        """Texts, or pairs of them, as tensors (b, n), padded at the end.

        Args:
            texts: one or more.
            pairs: a second text for each.
            length: n; left out, the longest one's.
            max_length: as in `encode`, as is `truncation`.
            truncation: which text of a pair is cut.

        Raises:
            ValueError: as in `encode` and `padded`, `texts` is a single text, or there are not
                as many pairs.
        """
        if isinstance(texts, str) or isinstance(pairs, str):
            raise ValueError("texts are a single text: give a list of them, as [text]")
        if pairs is not None and len(pairs) != len(texts):
            raise ValueError(f"{len(texts)} texts and {len(pairs)} pairs: give one for each")
        given = [(text,) for text in texts] if pairs is None else zip(texts, pairs, strict=True)
        rows = [self.encode(*one, max_length=max_length, truncation=truncation) for one in given]
        return padded(rows, length, self.ids[PAD])

    def decode(self, ids: Tensor | Sequence[int], *, special: bool = False) -> str:
        """The text of ids: pieces joined, a blank between words, none before . ? ! and the like.

        What normalising took away does not come back, nor blanks around other signs.

        Args:
            ids: (n,).
            special: write [CLS], [SEP] and the like too.

        Raises:
            ValueError: there is no such id, or there are more axes than one.
        """
        given = torch.as_tensor(ids)
        if given.ndim != 1:
            raise ValueError(f"ids have shape {tuple(given.shape)}: give one text's, as ids[0]")
        numbers = given.tolist()
        wrong = [number for number in numbers if not 0 <= number < len(self)]
        if wrong:
            raise ValueError(f"there is no id {wrong[0]}: this vocabulary has 0 to {len(self) - 1}")
        tokens = [self.tokens[number] for number in numbers]
        return spelled(token for token in tokens if special or token not in SPECIAL)

    def save(self, folder: str | Path) -> Path:
        """Write vocab.txt and its settings, as transformers reads them; the path of vocab.txt."""
        return write_vocabulary(Path(folder), self.tokens, self.normalise)

    @classmethod
    def load(cls, path: str | Path) -> WordPiece:
        """A vocabulary out of its folder, or out of a vocab.txt; uncased, if no settings lie there.

        Raises:
            ValueError: there is no such file, or it is no vocabulary.
        """
        tokens, found = read_vocabulary(Path(path))
        return cls(tokens, lower=found.lower, strip_accents=found.strip_accents)

    def _pieces(self, text: str) -> Iterator[Piece]:
        """Tokens of a text: special ones that were typed, and those of what stands between."""
        at = 0
        for typed in _TYPED.finditer(text):
            yield from self._between(text[at : typed.start()], at)
            yield Piece(typed[0], typed.start(), typed.end())
            at = typed.end()
        yield from self._between(text[at:], at)

    def _between(self, text: str, start: int) -> Iterator[Piece]:
        plain, places = self.normalise(text)
        for begin, end in split_words(plain):
            word = plain[begin:end]
            for piece in cut_word(word, self.ids, longest=self._longest, max_word=self.max_word):
                first, last = places[begin + piece.begin], places[begin + piece.end - 1]
                yield Piece(piece.token, start + first, start + last + 1)
