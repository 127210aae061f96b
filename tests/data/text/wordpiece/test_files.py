"""Vocabularies on the disk, ours and BERT's own, and what transformers makes of ours."""

import gzip
import itertools
import time
from pathlib import Path

import pytest

from companion.data import WordPiece

SOCCER = [101, 1045, 2066, 4715, 1012, 102, 2057, 2035, 2293, 4715, 999, 102]


@pytest.mark.parametrize(("lower", "strip_accents"), [(True, None), (False, True)])
def test_what_was_saved_comes_back(
    words: WordPiece, tmp_path: Path, texts: list[str], lower: bool, strip_accents: bool | None
) -> None:
    ours = WordPiece(words.tokens, lower=lower, strip_accents=strip_accents)
    path = ours.save(tmp_path / "new")
    assert path.name == "vocab.txt"
    for place in (path, path.parent, str(path.parent)):
        again = WordPiece.load(place)
        assert again.tokens == ours.tokens
        assert again.normalise == ours.normalise
    alone = tmp_path / "vocab.txt"
    alone.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert WordPiece.load(alone).tokens == ours.tokens
    assert WordPiece.load(alone).normalise.lower


def test_what_is_no_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no file .*vocab\.txt: give"):
        WordPiece.load(tmp_path)
    (tmp_path / "vocab.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"not text in UTF-8"):
        WordPiece.load(tmp_path)
    (tmp_path / "vocab.txt").write_text("[PAD]\na\n")
    with pytest.raises(ValueError, match=r"2 tokens, and .*\[UNK\]"):
        WordPiece.load(tmp_path)
    (tmp_path / "vocab.txt").write_text("a\n\nb\n")
    with pytest.raises(ValueError, match="number 1 is ''"):
        WordPiece.load(tmp_path)


# transformers 5 reads a vocab.txt in a way that tokenizers has deprecated.
@pytest.mark.filterwarnings("ignore:Deprecated in 0.9.0:DeprecationWarning")
def test_transformers_reads_what_we_save(
    words: WordPiece, tmp_path: Path, texts: list[str]
) -> None:
    transformers = pytest.importorskip("transformers")
    ours = WordPiece(words.tokens, lower=False)
    ours.save(tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for text in texts[:200]:
        assert theirs(text)["input_ids"] == ours.encode(text).ids, repr(text)


def folder_of(data_dir: Path, name: str) -> Path:
    if not (data_dir / name).exists():
        pytest.skip(f"{name} is not in COMPANION_DATA")
    return data_dir / name


def sst2(data_dir: Path) -> list[str]:
    folder = folder_of(data_dir, "sst2")
    lines = [(folder / f"{part}.tsv").read_text("utf-8") for part in ("train", "dev", "test")]
    rows = [line.split("\t") for text in lines for line in text.splitlines()]
    return [max(row, key=len) for row in rows]


@pytest.mark.parametrize("name", ["bert-base-uncased", "all-MiniLM-L6-v2"])
def test_berts_own_vocabulary(data_dir: Path, name: str) -> None:
    bert = WordPiece.load(folder_of(data_dir, name))
    assert len(bert) == 30_522
    encoded = bert.encode("I like soccer. [SEP] We all love soccer!")
    assert encoded.ids == SOCCER
    assert bert.encode("I like soccer.", "We all love soccer!").ids == SOCCER
    assert bert.encode("convinving.", special=False).tokens == ["con", "##vin", "##ving", "."]


def test_berts_own_tokenizer_on_sst2_whole(data_dir: Path) -> None:
    transformers = pytest.importorskip("transformers")
    folder, texts = folder_of(data_dir, "bert-base-uncased"), sst2(data_dir)
    assert len(texts) == 6_920 + 872 + 1_821
    bert = WordPiece.load(folder)
    start = time.process_time()
    ids = [bert.encode(text).ids for text in texts]
    assert time.process_time() - start < 30  # two seconds where nothing else runs
    # BertTokenizer is Google's own code up to transformers 4, and the library's from 5 on.
    theirs = transformers.BertTokenizer.from_pretrained(folder)
    assert [theirs(text)["input_ids"] for text in texts] == ids


def test_real_texts_in_three_languages(data_dir: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    folder = folder_of(data_dir, "bert-base-uncased")
    bert = WordPiece.load(folder)
    theirs = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    theirs.no_truncation()
    theirs.no_padding()
    texts = []
    for language in ("en", "de", "fr"):
        path = folder_of(data_dir, "multi30k") / f"train.{language}.gz"
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            texts += [line.rstrip("\n") for line in itertools.islice(lines, 3_500)]
    assert len(texts) == 10_500
    for text, other in zip(texts, theirs.encode_batch(texts), strict=True):
        one = bert.encode(text)
        assert (one.ids, one.offsets) == (other.ids, other.offsets), text
