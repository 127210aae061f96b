"""Translation: its scores against values worked out by hand, its rows on few pairs."""

import dataclasses
import math
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.cost import count_parameters
from companion.data import SentencePairs, TranslationSplits, train_subwords
from companion.data.text.sequences import BEGIN, END, PAD, SequenceBatch
from companion.experiments import Study, conduct, find_experiment, translation
from companion.experiments.translation import SHORT, WHOLE, conclude, run
from companion.experiments.translation.best_epoch import BestEpoch
from companion.experiments.translation.models import (
    ATTENTION,
    BOTTLENECK,
    NAMES,
    TRANSFORMER,
    Sizes,
    Unequal,
    translators,
)
from companion.experiments.translation.scores import (
    BATCH,
    TranslationLoss,
    bleu,
    bleu_by_length,
    count_by_length,
    length_groups,
    mean_loss,
    translate,
)
from companion.experiments.translation.summary import BEAMS

pytest.importorskip("sacrebleu")
pytest.importorskip("tokenizers")

ENGLISH = [
    f"A {who} {does} {where}."
    for who in ("dog", "man", "girl", "boy")
    for does in ("runs", "sleeps", "sits")
    for where in ("outside", "in the snow", "here")
]
TO_GERMAN = {
    "A": "Ein", "dog": "Hund", "man": "Mann", "girl": "Kind", "boy": "Bub", "runs": "läuft",
    "sleeps": "schläft", "sits": "sitzt", "outside": "draußen", "in": "im", "the": "",
    "snow": "Schnee", "here": "hier",
}  # fmt: skip
GERMAN = [
    " ".join(w for word in text[:-1].split() if (w := TO_GERMAN[word])) + "." for text in ENGLISH
]
PAIRS = SentencePairs(tuple(ENGLISH), tuple(GERMAN))
SMALL = SHORT | {
    "vocabulary": 60,
    "dim": 32,
    "depth": 1,
    "heads": 2,
    "max_length": 20,
    "batch_size": 9,
    "learning_rate": 1e-2,
    "label_smoothing": 0.0,
    "epochs": 1,
    "sentences": 36,
}


def sizes_of(settings: dict[str, Any]) -> Sizes:
    return Sizes(**{field.name: settings[field.name] for field in dataclasses.fields(Sizes)})


class Copycat(nn.Module):
    """Answers with the source, token by token."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.weight = nn.Parameter(torch.zeros(()))

    def start(self, source: Tensor) -> tuple[Tensor, Tensor]:
        return source, torch.zeros(len(source), dtype=torch.int64)

    def step(self, state: tuple[Tensor, Tensor], _: Tensor) -> tuple[Tensor, object]:
        source, place = state
        padded = F.pad(source, (0, 1), value=PAD)
        token = padded.gather(1, place.clamp_max(source.shape[1])[:, None])[:, 0]
        wanted = token.where(token != PAD, END)
        return 9.0 * F.one_hot(wanted, self.vocabulary).float(), (source, place + 1)


class Indifferent(nn.Module):
    """Scores that depend on the target's last token alone: (b, s), (b, t) -> (b, t, 7)."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(7, 7)

    def forward(self, _: Tensor, target: Tensor) -> Tensor:
        return self.table(target)


def test_bleu_is_that_of_the_definition() -> None:
    assert bleu(GERMAN, GERMAN).score == pytest.approx(100)
    # Every n-gram is in the reference; four words where five were wanted.
    assert bleu(["ein Hund läuft im"], ["ein Hund läuft im Schnee"]).score == pytest.approx(
        100 * math.exp(1 - 5 / 4)
    )
    # 4 of 5 words, 3 of 4 pairs, 2 of 3 triples, 1 of 2 quadruples.
    assert bleu(["ein Hund läuft im Gras"], ["ein Hund läuft im Schnee"]).score == pytest.approx(
        100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4)
    )
    assert "case:mixed" in bleu(GERMAN, GERMAN).signature
    assert "tok:13a" in bleu(GERMAN, GERMAN).signature
    with pytest.raises(ValueError, match="1 translations for 2 references"):
        bleu(["a"], ["a", "b"])


def test_every_sentence_is_in_one_group_of_lengths() -> None:
    source = tuple(" ".join(["w"] * words) for words in (1, 9, 10, 12, 13, 15, 16, 40))
    target = tuple(f"eins zwei drei vier {row}" for row in range(8))
    pairs = SentencePairs(source, target)
    assert length_groups() == ("1–9", "10–12", "13–15", "16+")
    assert bleu_by_length(target, pairs) == dict.fromkeys(length_groups(), 100.0)
    assert count_by_length(pairs) == dict.fromkeys(length_groups(), 2)
    assert count_by_length(pairs.first(3)) == {"1–9": 2, "10–12": 1}
    wrong = bleu_by_length(["nichts"] * 2 + list(target[2:]), pairs)
    assert wrong["1–9"] == 0
    assert wrong["10–12"] == 100


@pytest.mark.parametrize("beams", BEAMS.values())
def test_translations_come_in_the_order_of_the_sentences(beams: int) -> None:
    words = train_subwords(ENGLISH, size=60)
    texts = (ENGLISH * 4)[::-1]
    assert len(texts) > BATCH
    read = {"source": words, "target": words, "max_length": 30}
    assert translate(Copycat(60), texts, beams=beams, **read) == texts


def test_the_loss_leaves_padding_out() -> None:
    model = Indifferent()
    target = torch.tensor([[BEGIN, 5, 6, END], [BEGIN, 4, END, PAD]])
    batch = SequenceBatch(torch.ones(2, 3, dtype=torch.int64), target)
    rows = [(BEGIN, 5), (5, 6), (6, END), (BEGIN, 4), (4, END)]
    each = [-model.table.weight[last].log_softmax(0)[to].item() for last, to in rows]
    assert TranslationLoss()(model, batch).item() == pytest.approx(sum(each) / 5)
    # Batches of different sizes count by their tokens.
    short = SequenceBatch(batch.source[:1], torch.tensor([[BEGIN, END]]))
    last = -model.table.weight[BEGIN].log_softmax(0)[END].item()
    assert mean_loss(model, [batch, short]) == pytest.approx((sum(each) + last) / 6)


@pytest.mark.parametrize("settings", [SHORT, WHOLE, SMALL])
def test_the_three_models_are_equally_large(settings: dict[str, Any]) -> None:
    builders = translators(sizes_of(settings))
    counts = {name: count_parameters(build()) for name, build in builders.items()}
    assert tuple(counts) == NAMES
    for name in (BOTTLENECK, ATTENTION):
        assert counts[name] == pytest.approx(counts[TRANSFORMER], rel=0.05), counts


def test_models_that_cannot_be_equal_are_refused() -> None:
    tiny = sizes_of(SMALL | {"dim": 2, "heads": 1, "vocabulary": 9})
    with pytest.raises(Unequal, match="larger Transformer"):
        translators(tiny)


def test_the_best_epoch_is_kept_and_the_clock_stands_still(monkeypatch: Any) -> None:
    losses = iter([3.0, 1.0, 2.0])
    module = sys.modules[BestEpoch.__module__]
    monkeypatch.setattr(module, "mean_loss", lambda *_: next(losses))
    ticks = iter([0.0, 1.0, 10.0, 12.0, 20.0, 23.0, 30.0])
    model = nn.Linear(1, 1, bias=False)
    loss = BestEpoch(TranslationLoss(), model, [], lambda: next(ticks))
    for epoch, weight in enumerate((5.0, 6.0, 7.0)):
        nn.init.constant_(model.weight, weight)
        assert loss.look(model, epoch)["validation_loss"] == (3.0, 1.0, 2.0)[epoch]
    assert (loss.lowest.item(), loss.seconds.item()) == (1.0, 1 + 2 + 3)
    assert loss.best.weight.item() == 6.0
    # Nothing that is kept is trained.
    assert not any(weight.requires_grad for weight in loss.parameters())


@pytest.fixture
def few_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    splits = TranslationSplits(PAIRS, PAIRS.first(9), PAIRS)
    monkeypatch.setattr(translation, "load_multi30k", lambda **_: splits)


def measure(name: str, folder: Path, seed: int = 0, **changes: Any) -> dict[str, Any]:
    return run(name, seed, "cpu", settings=SMALL | changes, folder=folder)


def test_a_row_says_how_training_went_and_what_was_scored(few_pairs: None, tmp_path: Path) -> None:
    row = measure(ATTENTION, tmp_path, epochs=2)
    assert row["steps"] == 8
    assert row["best_epoch"] == 2
    assert len(row["training_loss"]) == len(row["validation_loss"]) == row["epochs"] == 2
    assert row["validation_loss"][1] < row["validation_loss"][0]
    assert row["data"]["pairs"] == {"train": 36, "validation": 9, "test_2016_flickr": 36}
    examples = row["data"]["examples"]
    assert len(row["examples"]) == len(examples) >= 4
    assert [example["source"] for example in examples[:4]] == ENGLISH[:4]
    assert examples[0]["reference"] == GERMAN[0]
    assert all("tok:13a" in row["bleu"][search]["signature"] for search in BEAMS)
    assert measure(ATTENTION, tmp_path / "b", sentences=30)["data"]["pairs"]["train"] == 30
    with pytest.raises(ValueError, match="count=99"):
        measure(ATTENTION, tmp_path / "c", sentences=99)


def untimed(row: dict[str, Any]) -> dict[str, Any]:
    """A row without the seconds in it."""
    kept = {key: value for key, value in row.items() if key != "training_seconds"}
    scores = {search: found["bleu"] for search, found in row["bleu"].items()}
    return kept | {"bleu": scores}


@pytest.mark.parametrize("name", [BOTTLENECK, TRANSFORMER])
def test_a_row_that_was_broken_off_goes_on(
    few_pairs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    whole = measure(name, tmp_path / "whole", seed=3, epochs=4)
    look, looks = BestEpoch.look, []

    def stop(self: BestEpoch, model: nn.Module, epoch: int) -> dict[str, float]:
        looks.append(epoch)
        if len(looks) == 3:
            raise KeyboardInterrupt
        return look(self, model, epoch)

    monkeypatch.setattr(BestEpoch, "look", stop)
    with pytest.raises(KeyboardInterrupt):
        measure(name, tmp_path / "halves", seed=3, epochs=4)
    row = measure(name, tmp_path / "halves", seed=3, epochs=4)
    assert looks == [0, 1, 2, 2, 3]
    assert untimed(row) == untimed(whole)


def test_best_weights_from_before_the_break_are_not_forgotten(
    few_pairs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first epoch is the best. Then the run is broken off.
    module, scored = sys.modules[BestEpoch.__module__], []
    score = translation.score

    def note(model: nn.Module, *given: Any, **search: Any) -> Any:
        scored.append([weight.clone() for weight in model.state_dict().values()])
        return score(model, *given, **search)

    monkeypatch.setattr(translation, "score", note)
    for folder, losses in (("whole", [1.0, 2.0]), ("halves", [1.0, None]), ("halves", [2.0])):
        found = iter(losses)
        monkeypatch.setattr(module, "mean_loss", lambda *_, found=found: float(next(found)))
        if None in losses:
            with pytest.raises(TypeError):
                measure(BOTTLENECK, tmp_path / folder, epochs=2)
        else:
            assert measure(BOTTLENECK, tmp_path / folder, epochs=2)["best_epoch"] == 1
    whole, halves = scored[0], scored[-1]
    for a, b in zip(whole, halves, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_what_can_be_learned_is_learned(few_pairs: None, tmp_path: Path) -> None:
    for name in (ATTENTION, TRANSFORMER):
        row = measure(name, tmp_path / name, epochs=25)
        assert row["bleu"]["beam 4"]["bleu"] > 90, row


def fake_row(name: str, seed: int, score: float) -> dict[str, Any]:
    return {
        "variant": name,
        "seed": seed,
        "parameters": 10,
        "steps": 5,
        "training_seconds": 1.0 + seed,
        "validation_loss": [3.0, 2.0 + seed],
        "bleu": {search: {"bleu": score, "seconds": 1.0} for search in BEAMS},
        "bleu_by_length": {"1–9": score, "16+": score / 2},
        "data": {"pairs": 7},
    }


def test_the_summary_means_over_seeds_and_can_be_missed() -> None:
    scores = {BOTTLENECK: (1.0, 3.0), ATTENTION: (2.0, 4.0), TRANSFORMER: (1.0, 8.0)}
    rows = [fake_row(name, seed, scores[name][seed]) for seed in (0, 1) for name in NAMES]
    record = conclude(rows)
    assert record["data"] == {"pairs": 7}
    assert all("data" not in row for row in record["rows"])
    row = record["table"][TRANSFORMER]
    assert row["beam 4"] == {"mean": 4.5, "seeds": [1.0, 8.0], "seconds": 1.0}
    assert row["validation_loss"] == 2.5
    assert row["bleu_by_length"] == {"1–9": 4.5, "16+": 2.25}
    (check,) = find_experiment("translation").checks
    assert check.measure(record) == [1.0, 1.0]
    assert check.holds.holds(check.measure(record))
    # In the mean attention still helps, in one seed it does not.
    rows[NAMES.index(ATTENTION)] = fake_row(ATTENTION, 0, 1.0)
    assert not check.holds.holds(check.measure(conclude(rows)))


@pytest.mark.parametrize("name", ["sacrebleu", "tokenizers"])
def test_a_missing_library_is_said_before_anything_is_trained(
    few_pairs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ValueError, match=f"pip install {name}"):
        conduct(Study(find_experiment("translation"), tmp_path))
