"""One row of the recurrent translator on a few made-up pairs, and the verdict on given rows."""

import pytest

from companion.data import SentencePairs, TranslationSplits
from companion.experiments import find_experiment, translation
from companion.experiments.alignments.looks import ASIDE
from companion.experiments.sentence_looks import SHOWN, aside, run
from companion.experiments.translation import SHORT
from companion.experiments.translation.models import ATTENTION

ENGLISH = ["A red dog runs .", "Two men sit .", "A man in the snow ."]
GERMAN = ["Ein roter Hund rennt .", "Zwei Männer sitzen .", "Ein Mann im Schnee ."]
SMALL = SHORT | {"vocabulary": 60, "dim": 32, "depth": 1, "heads": 2, "max_length": 20}
SMALL |= {"epochs": 1, "batch_size": 8, "sentences": 18}


def test_a_row_holds_sentences_with_their_attention(monkeypatch, tmp_path):
    pytest.importorskip("sacrebleu")
    pytest.importorskip("tokenizers")
    few = SentencePairs(tuple(ENGLISH * 6), tuple(GERMAN * 6))
    splits = TranslationSplits(few, few, few)
    monkeypatch.setattr(translation, "load_multi30k", lambda **_: splits)
    row = run(ATTENTION, 0, "cpu", settings=SMALL, folder=tmp_path)
    assert row["steps"] == 3
    assert len(row["examples"]) == len(SHOWN)
    assert row["hits"][ASIDE] <= row["hits"]["writing it"] <= row["words"]
    for shown in row["examples"]:
        assert len(shown["weights"]) == len(shown["written_pieces"])
        assert all(len(line) == len(shown["source_pieces"]) for line in shown["weights"])


def test_the_check_is_on_words_that_the_place_alone_misses():
    rows = [{"hits": {ASIDE: 20}, "words": 100, "controls": {"along the diagonal": 0.6}}]
    assert aside({"rows": rows}) == 50.0
    assert find_experiment("sentence_looks").checks[0].measure({"rows": rows}) == 50.0
