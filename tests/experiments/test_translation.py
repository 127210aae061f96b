"""The translation benchmark: its scores against values worked out by hand, its run on few pairs."""

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from companion.experiments.translation.record import RULE, conclude
from companion.experiments.translation.runs import BEAMS
from companion.experiments.translation.task import Recipe, epochs_within
from torch import Tensor, nn
from torch.nn import functional as F

from companion.cost import count_parameters
from companion.data import SentencePairs, TranslationSplits, train_subwords
from companion.data.text.sequences import BEGIN, END, PAD, SequenceBatch
from companion.experiments import command
from companion.experiments.translation import compare as translation
from companion.experiments.translation import runs as translation_runs
from companion.experiments.translation import task as translation_task
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
    TranslationLoss,
    bleu,
    bleu_by_length,
    count_by_length,
    length_groups,
    mean_loss,
    translate,
)

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
SMALL = Recipe(
    sizes=Sizes(vocabulary=60, dim=32, depth=1, heads=2, max_length=20, dropout=0.0),
    batch_size=9,
    learning_rates=dict.fromkeys(NAMES, 1e-2),
    label_smoothing=0.0,
    epochs=1,
)


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
    done: list[int] = []
    found = translate(
        Copycat(60), texts, source=words, target=words, max_length=30, beams=beams,
        on_batch=done.append,
    )  # fmt: skip
    assert found == texts
    assert sum(done) == len(texts)
    assert len(done) > 1


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


@pytest.mark.parametrize("recipe", [translation.SHORT, translation.WHOLE, SMALL])
def test_the_three_models_are_equally_large(recipe: Recipe) -> None:
    counts = {name: count_parameters(make()) for name, make in translators(recipe.sizes).items()}
    assert tuple(counts) == NAMES
    for name in (BOTTLENECK, ATTENTION):
        assert counts[name] == pytest.approx(counts[TRANSFORMER], rel=0.05), counts


def test_models_that_cannot_be_equal_are_refused() -> None:
    tiny = replace(SMALL.sizes, dim=2, heads=1, vocabulary=9)
    with pytest.raises(Unequal, match="larger Transformer"):
        translators(tiny)


def test_minutes_become_epochs_of_the_slowest(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {BOTTLENECK: 1.0, ATTENTION: 2.0, TRANSFORMER: 1.5}
    monkeypatch.setattr(translation_task, "seconds_per_step", lambda name, *_, **__: seconds[name])
    task = translation._task(TranslationSplits(PAIRS, PAIRS, PAIRS), None, SMALL)
    models = {name: lambda: Copycat(60) for name in NAMES}
    # 36 pairs are 4 batches of 9, so 8 seconds an epoch.
    assert epochs_within(1.0, task, SMALL, models, device="cpu") == 7
    assert epochs_within(0.01, task, SMALL, models, device="cpu") == 1


def test_the_best_epoch_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([3.0, 1.0, 2.0])
    monkeypatch.setattr(translation_runs, "mean_loss", lambda *_: next(losses))
    ticks = iter([0.0, 1.0, 10.0, 12.0, 20.0, 23.0])
    task = translation._task(TranslationSplits(PAIRS, PAIRS, PAIRS), None, SMALL)
    watch = translation_runs.Watch(task.validation(SMALL), lambda: next(ticks))
    model = nn.Linear(1, 1, bias=False)
    for epoch, weight in enumerate((5.0, 6.0, 7.0)):
        nn.init.constant_(model.weight, weight)
        watch(model, epoch)
    assert (watch.best_epoch, watch.lowest, watch.seconds) == (1, 1.0, 6.0)
    assert watch.best["weight"].item() == 6.0


def test_a_step_takes_time() -> None:
    task = translation._task(TranslationSplits(PAIRS, PAIRS, PAIRS), None, SMALL)
    model = translators(SMALL.sizes)[ATTENTION]()
    batches = task.batches(SMALL, 0)
    assert 0 < translation_task.seconds_per_step(ATTENTION, model, batches, SMALL, device="cpu") < 5


@pytest.fixture
def few_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        translation, "load_multi30k", lambda: TranslationSplits(PAIRS, PAIRS.first(9), PAIRS)
    )
    monkeypatch.setattr(
        translation.run_translation, "__kwdefaults__",
        {**translation.run_translation.__kwdefaults__, "short": SMALL},
    )  # fmt: skip


def run(output: Path, *options: str) -> dict:
    given = ["translation", "--device", "cpu", "--output", str(output), *options]
    status = command.main(given)
    result = json.loads((output / "translation.json").read_text(encoding="utf-8"))
    assert status == int(not result["held"])
    return result


def test_the_command_trains_translates_and_records(few_pairs: None, tmp_path: Path, capsys) -> None:
    result = run(tmp_path, "--epochs", "2", "--seeds", "0", "1")
    assert result["complete"]
    assert result["shortened"]
    assert result["rule"] == RULE
    assert result["pairs"] == {"train": 36, "validation": 9, "test_2016_flickr": 36}
    assert result["command"] == (
        "python -m companion bench translation --device cpu --epochs 2 --seeds 0 1"
    )
    assert {"sacrebleu", "tokenizers", "torch"} <= set(result["versions"])
    assert [(run["seed"], run["model"]) for run in result["runs"]] == [
        (seed, name) for seed in (0, 1) for name in NAMES
    ]
    for row in result["runs"]:
        assert row["steps"] == 8
        assert row["best_epoch"] == 2
        assert len(row["training_loss"]) == len(row["validation_loss"]) == row["epochs"] == 2
        assert row["validation_loss"][1] < row["validation_loss"][0]
        assert len(row["examples"]) == len(result["examples"]) >= 4
        assert all("tok:13a" in row["bleu"][search]["signature"] for search in BEAMS)
    assert [example["source"] for example in result["examples"][:4]] == ENGLISH[:4]
    assert result["examples"][0]["reference"] == GERMAN[0]
    assert "test_2016_flickr" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_record(few_pairs: None, tmp_path: Path) -> None:
    timed = ("training_seconds", "bleu")
    first, second = (
        [
            {key: value for key, value in row.items() if key not in timed}
            for row in run(tmp_path / name, "--epochs", "1", "--seeds", "3")["runs"]
        ]
        for name in "ab"
    )
    assert first == second


def test_what_can_be_learned_is_learned(few_pairs: None, tmp_path: Path) -> None:
    result = run(tmp_path, "--epochs", "25", "--seeds", "0")
    for name in (ATTENTION, TRANSFORMER):
        assert result["table"][name]["beam 4"]["mean"] > 90, result["table"]


def test_only_the_first_sentences(few_pairs: None, tmp_path: Path) -> None:
    result = run(tmp_path, "--epochs", "1", "--seeds", "0", "--sentences", "30")
    assert result["pairs"]["train"] == 30
    assert "--sentences 30" in result["command"]


def fake_run(name: str, seed: int, score: float) -> dict:
    return {
        "model": name,
        "seed": seed,
        "parameters": 10,
        "steps": 5,
        "training_seconds": 1.0 + seed,
        "validation_loss": [3.0, 2.0 + seed],
        "bleu": {search: {"bleu": score, "seconds": 1.0} for search in BEAMS},
        "bleu_by_length": {"1–9": score, "16+": score / 2},
    }


def test_the_summary_means_over_seeds_and_can_be_missed() -> None:
    scores = {BOTTLENECK: (1.0, 3.0), ATTENTION: (2.0, 4.0), TRANSFORMER: (1.0, 8.0)}
    runs = [fake_run(name, seed, scores[name][seed]) for seed in (0, 1) for name in NAMES]
    result = {"seeds": [0, 1], "runs": runs[:5]}
    conclude(result)
    assert not result["complete"]
    assert not result["held"]
    result["runs"] = runs
    conclude(result)
    assert result["complete"]
    assert result["held"]
    row = result["table"][TRANSFORMER]
    assert row["beam 4"] == {"mean": 4.5, "seeds": [1.0, 8.0], "seconds": 1.0}
    assert row["validation_loss"] == 2.5
    assert row["bleu_by_length"] == {"1–9": 4.5, "16+": 2.25}
    # In the mean attention still helps, in one seed it does not.
    result["runs"] = [*runs[:1], fake_run(ATTENTION, 0, 0.5), *runs[2:]]
    conclude(result)
    assert not result["held"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--minutes", "1", "--epochs", "2"], "--minutes 1 and --epochs 2"),
        (["--epochs", "1", "--sentences", "99"], "count=99"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    few_pairs: None, tmp_path: Path, capsys, options: list[str], message: str
) -> None:
    given = ["translation", "--device", "cpu", "--output", str(tmp_path), *options]
    assert command.main(given) == 2
    assert message in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["translation", "--minutes", "0"])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there(few_pairs: None, tmp_path: Path, capsys) -> None:
    assert command.main(["translation", "--device", "cuda", "--output", str(tmp_path)]) == 2
    assert "--device cpu" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["sacrebleu", "tokenizers"])
def test_a_missing_library_is_said_before_anything_is_trained(
    few_pairs: None, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    assert command.main(["translation", "--output", str(tmp_path)]) == 2
    assert f"pip install {name}" in capsys.readouterr().err
