"""The library tokenizers with BERT's settings and our vocabulary, and texts to try both on."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from companion.data.text.wordpiece.pieces import SPECIAL
from companion.data.text.wordpiece.tokenizer import WordPiece
from companion.data.text.wordpiece.train import train_wordpiece

# What a text may hold, from the harmless to the hostile.
WORDS = (
    *("play", "playing", "played", "unhappily", "walked", "the", "a", "Don't", "U.S.A.", "3.14%"),
    *("Café", "cafe\u0301", "İstanbul", "STRASSE", "straße", "ﬁre", "Ångström", "Σίσυφος", "Ёлка"),
    *("我喜欢足球", "東京tower", "한국어", "ひらがな", "ไทย", "हिन्दी", "שָׁלוֹם", "مرحبًا", "ᬓ᭄ᬱ"),
    *("😀", "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪", "❤️", "½", "①", "x²", "…", "—", "«a»", "`~$+<=>^|"),
    *("[SEP]", "[CLS]", "[MASK]", "[PAD]", "[UNK]", "[sep]", "[SEP", "##ing", "#", "[[SEP]]"),
    *("\t", "\n", "\r\n", "\x00", "\x1c", "\x85", "\u2028", "\u3000", "\u200b", "\u00ad", "\ufffd"),
    *("\U000e0001", "\ue000", "\u0378", "z" * 100, "z" * 101, "y" * 2000, "a\u0301" * 60, "豈"),
)


def made_texts(count: int, seed: int) -> list[str]:
    """Texts of 0 to 12 of these words, with and without blanks between them."""
    draw = random.Random(seed)
    return [
        draw.choice(["", " ", "  "]).join(draw.choices(WORDS, k=draw.randint(0, 12)))
        for _ in range(count)
    ]


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Ten thousand, the same in every run."""
    return made_texts(10_000, seed=0)


@pytest.fixture(scope="session")
def words() -> WordPiece:
    """A vocabulary of such texts, which must write many words in pieces, and some not at all."""
    return train_wordpiece(made_texts(300, seed=1), size=400, alphabet=150)


@pytest.fixture(scope="session")
def library() -> Callable[[WordPiece], Any]:
    """Makes the library's tokenizer with the vocabulary and settings of ours."""
    tokenizers = pytest.importorskip("tokenizers")

    def make(ours: WordPiece) -> Any:
        theirs = tokenizers.Tokenizer(
            tokenizers.models.WordPiece(
                ours.ids, unk_token="[UNK]", max_input_chars_per_word=ours.max_word
            )
        )
        theirs.add_special_tokens(list(SPECIAL))
        theirs.normalizer = tokenizers.normalizers.BertNormalizer(
            lowercase=ours.normalise.lower, strip_accents=ours.normalise.strip_accents
        )
        theirs.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
        theirs.post_processor = tokenizers.processors.BertProcessing(
            ("[SEP]", ours.ids["[SEP]"]), ("[CLS]", ours.ids["[CLS]"])
        )
        theirs.decoder = tokenizers.decoders.WordPiece()
        return theirs

    return make
