"""Byte-pair vocabularies write every sentence they read; batches hold every pair once."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from companion.data.text.multi30k.load import SentencePairs, load_multi30k
from companion.data.text.pair_batches import PairBatches
from companion.data.text.sequences import BEGIN, END, PAD
from companion.data.text.subwords import SPECIAL, UNKNOWN, Subwords, train_subwords

pytest.importorskip("tokenizers")

TEXTS = [
    "Ein Hund läuft, ein Hund springt.",
    "Zwei Hunde laufen im Schnee.",
    "Ein Mann (mit Hut) liest: »Nichts«.",
]


@pytest.fixture
def words() -> Subwords:
    return train_subwords(TEXTS, size=60)


def test_text_comes_back_letter_by_letter(words: Subwords) -> None:
    for text, ids in zip(TEXTS, words.encode(TEXTS), strict=True):
        assert words.decode(ids) == text
        assert min(ids) > UNKNOWN
        assert max(ids) < len(words) == 60


def test_common_words_are_one_piece_and_punctuation_stands_alone(words: Subwords) -> None:
    pieces = words.pieces("Ein Hund.")
    assert pieces[0] == "▁Ein"
    assert pieces[-1] == "."
    assert "".join(pieces) == "▁Ein▁Hund."


def test_decoding_stops_at_the_end_and_skips_what_stands_for_nothing(words: Subwords) -> None:
    ids = words.encode([TEXTS[1]])[0]
    framed = torch.tensor([BEGIN, *ids, END, *ids, PAD])
    assert words.decode(framed) == TEXTS[1]
    assert words.decode([PAD, *ids, PAD]) == TEXTS[1]
    assert words.decode([END, *ids]) == ""


def test_an_unknown_sign_has_an_id_of_its_own(words: Subwords) -> None:
    assert UNKNOWN in words.encode(["Ein Hund @."])[0]
    assert [words._tokenizer.token_to_id(sign) for sign in SPECIAL] == [PAD, BEGIN, END, UNKNOWN]


def test_the_same_texts_give_the_same_vocabulary_in_another_process(words: Subwords) -> None:
    assert train_subwords(iter(TEXTS), size=60).checksum == words.checksum
    assert train_subwords(TEXTS, size=59).checksum != words.checksum
    code = (
        "import sys; from companion.data.text.subwords import train_subwords\n"
        "assert 'tokenizers' not in sys.modules, 'imported before it is needed'\n"
        f"print(train_subwords({TEXTS!r}, size=60).checksum)"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == words.checksum


def test_impossible_vocabularies_are_refused() -> None:
    signs = len(set("".join(TEXTS)))
    with pytest.raises(ValueError, match=f"size={signs}.*{signs} signs"):
        train_subwords(TEXTS, size=signs)
    with pytest.raises(ValueError, match="0 texts"):
        train_subwords([], size=100)


def pairs_of(count: int) -> SentencePairs:
    source = [" ".join(["dog"] * (1 + i % 7)) + "." for i in range(count)]
    target = [" ".join(["Hund"] * (1 + i % 7)) + f" {i}." for i in range(count)]
    return SentencePairs(tuple(source), tuple(target))


def batches_of(pairs: SentencePairs, **options: int) -> tuple[PairBatches, Subwords]:
    source = train_subwords(pairs.source, size=30)
    target = train_subwords(pairs.target, size=40)
    chosen = {"batch_size": 4, "seed": 0, "max_length": 50, **options}
    return PairBatches(pairs, source=source, target=target, **chosen), target


def read(batches: PairBatches, target: Subwords) -> list[str]:
    return [target.decode(row) for batch in batches for row in batch.target]


def test_an_epoch_holds_every_pair_once_in_another_order_each_time() -> None:
    pairs = pairs_of(30)
    batches, target = batches_of(pairs)
    first, second = read(batches, target), read(batches, target)
    assert sorted(first) == sorted(second) == sorted(pairs.target)
    assert first != second
    assert len(batches) == 8
    batches.set_epoch(0)
    assert read(batches, target) == first
    other, _ = batches_of(pairs, seed=1)
    assert read(other, target) != first


def test_a_pass_broken_off_changes_nothing() -> None:
    batches, target = batches_of(pairs_of(30))
    next(iter(batches))
    fresh, _ = batches_of(pairs_of(30))
    assert read(batches, target) == read(fresh, target)


def test_a_batch_is_framed_and_padded_and_its_pairs_belong_together() -> None:
    pairs = pairs_of(30)
    batches, target = batches_of(pairs)
    for batch in batches:
        assert batch.source.dtype == batch.target.dtype == torch.int64
        assert (batch.target[:, 0] == BEGIN).all()
        assert ((batch.target == END).sum(dim=1) == 1).all()
        for ids, answer in zip(batch.source, batch.target, strict=True):
            wanted = pairs.source[pairs.target.index(target.decode(answer))]
            assert batches.source.decode(ids) == wanted
            after = answer[answer.tolist().index(END) + 1 :]
            assert (after == PAD).all()


def test_pairs_of_about_a_length_stand_together() -> None:
    batches, _ = batches_of(pairs_of(700), batch_size=10)
    total = sum(batch.target.numel() for batch in batches)
    real = sum(int((batch.target != PAD).sum()) for batch in batches)
    assert real / total > 0.9


def test_pairs_that_are_too_long_are_left_out_and_counted() -> None:
    batches, target = batches_of(pairs_of(30), max_length=9)
    kept = read(batches, target)
    assert 0 < len(kept) < 30
    assert batches.left_out == 30 - len(kept)
    with pytest.raises(ValueError, match=r"max_length=2.*none of 30 pairs.*shortest has \d+"):
        batches_of(pairs_of(30), max_length=2)
    with pytest.raises(ValueError, match="batch_size=0"):
        batches_of(pairs_of(30), batch_size=0)


def test_real_sentences_come_back(data_dir: Path) -> None:
    if not (data_dir / "multi30k").is_dir():
        pytest.skip("Multi30k is not in COMPANION_DATA")
    splits = load_multi30k(root=data_dir, download=False)
    for side in ("source", "target"):
        words = train_subwords(getattr(splits.train, side), size=4000)
        assert len(words) == 4000
        texts = getattr(splits.test, side)
        assert tuple(words.decode(ids) for ids in words.encode(texts)) == texts


def test_an_id_has_its_piece(words: Subwords) -> None:
    ids, pieces = words.encode([TEXTS[0]])[0], words.pieces(TEXTS[0])
    assert [words.piece(symbol) for symbol in ids] == pieces
    with pytest.raises(ValueError, match="there is no id 999"):
        words.piece(999)
