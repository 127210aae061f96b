"""Every word of three blocks, attention or token MLP, on two tasks; and what more time brings.

Blocks of both kinds have nearly as many parameters. "digits": one answer an image, 16 patches;
"twins": every white digit of a sheet asks for the colour of its twin, 16 patches; "large": the
colour of a scene's large object, 144 patches.
"""

from collections.abc import Mapping
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from companion.cost import count_parameters
from companion.data import ImageSet, batches, draw_cards, draw_scenes, load_digits
from companion.data.images.cards import NOT_ASKED, Cards
from companion.experiments.experiment import Check, Experiment
from companion.lessons.bands import at_least, at_most
from companion.models import Hybrid
from companion.parts import PatchGrid
from companion.training import CrossEntropy, FitConfig, evaluate, fit

WORDS = tuple("".join(word) for word in product("ma", repeat=3))
# For each number of tokens; the token MLP is as wide as gives it attention's parameters.
SIZES = {
    16: {"dim": 32, "mlp_dim": 64, "heads": 2, "token_dim": 127},
    144: {"dim": 48, "mlp_dim": 96, "heads": 4, "token_dim": 32},
}
VARIANTS = (
    *(f"{task}: {word}" for task in ("digits", "twins") for word in WORDS),
    *(f"{pairs} pairs: {word}" for pairs in (1, 2, 4) for word in ("mmm", "amm")),
    *(f"twins, longer: {word}" for word in ("mmm", "mma")),
    *(f"large, longer: {word}" for word in ("mm", "ma")),
)


class Task(NamedTuple):
    """What is learned from, judged by, and how it is cut; seen `epochs` times in `batch_size`."""

    train: ImageSet | Cards
    test: ImageSet | Cards
    grid: PatchGrid
    classes: int
    epochs: int
    batch_size: int


def task(name: str, seed: int, settings: Mapping[str, Any]) -> Task:
    """The task before the colon of a variant, with data drawn from `seed`."""
    long = settings["longer"] if "longer" in name else 1
    if name.startswith("digits"):
        train, test, _ = load_digits(seed=seed)
        return Task(train, test, PatchGrid(8, 2, 1), 10, settings["digit_epochs"], 64)
    if name.startswith("large"):
        draw = partial(draw_scenes, seed=seed, image_size=72, objects=(2, 4))
        train = draw(settings["scenes"]).image_set("colour")
        test = draw(settings["test_scenes"], part="test").image_set("colour")
        return Task(train, test, PatchGrid(72, 6), 6, settings["scene_epochs"] * long, 32)
    digits = load_digits(seed=seed)
    pairs = 8 if name.startswith("twins") else int(name[0])
    learned = draw_cards(digits.train, settings["sheets"], seed=seed, pairs=pairs)
    asked = draw_cards(digits.test, settings["test_sheets"], seed=seed, pairs=pairs)
    return Task(learned, asked, PatchGrid(32, 8), 4, settings["sheet_epochs"] * long, 64)


def build(word: str, grid: PatchGrid, *, classes: int, seed: int, each: bool = False) -> Hybrid:
    """A hybrid of this study's sizes; one that answers for each token where `each` is true."""
    torch.manual_seed(seed)
    model = Hybrid(grid, blocks=word, num_classes=classes, **SIZES[grid.num_patches])
    if each:
        model.pool = model.pool.norm  # type: ignore[assignment]
    return model


def learn(model: nn.Module, what: Task, *, seed: int, rate: float, device: str) -> list[float]:
    """Train a model, the same way for all; the share of test answers right after each epoch."""
    held_out = batches(what.test, batch_size=200, seed=seed, shuffle=False)
    ignored = NOT_ASKED if isinstance(what.test, Cards) else None

    def judge(model: nn.Module, epoch: int) -> dict[str, float]:
        del epoch
        return {"right": evaluate(model, held_out, ignore_index=ignored).accuracy}

    feed = batches(what.train, batch_size=what.batch_size, seed=seed)
    config = FitConfig(what.epochs, rate, device=device, progress=False)
    loss = CrossEntropy(ignore_index=ignored)
    history = fit(model, feed, loss, config, after_epoch=judge)
    return history.column("right")


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one model from one seed; what it answers right after each epoch."""
    del folder  # A row takes less than a minute.
    name, word = variant.split(": ")
    what = task(name, seed, settings)
    each = isinstance(what.test, Cards)
    model = build(word, what.grid, classes=what.classes, seed=seed, each=each)
    curve = learn(model, what, seed=seed, rate=settings["rate"], device=device)
    row = {
        "right": round(curve[-1], 4),
        "curve": [round(share, 4) for share in curve],
        "parameters": count_parameters(model),
    }
    if isinstance(what.test, Cards):
        asked = what.test.answers != NOT_ASKED
        guessed = what.test.guesses == what.test.answers
        row["by counting"] = round(guessed[asked].float().mean().item(), 4)
    return row


def by_variant(record: Mapping[str, Any] | None) -> dict[str, list[dict[str, Any]]]:
    """The rows of each variant, in the order of their seeds; nothing where there is no record."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted((record or {"rows": []})["rows"], key=lambda row: row["seed"]):
        found.setdefault(row["variant"], []).append(row)
    return found


def rights(record: Mapping[str, Any], *variants: str) -> list[float]:
    """What the rows of some variants got right."""
    return [row["right"] for row in record["rows"] if row["variant"] in variants]


EXPERIMENT = Experiment(
    name="hybrid_words",
    title="Every word of three blocks, attention or token MLP, on two tasks",
    variants=dict.fromkeys(VARIANTS, (0, 1, 2)),
    settings={
        "cpu": {
            "rate": 4e-3,
            "digit_epochs": 6,
            "scenes": 2000,
            "test_scenes": 400,
            "scene_epochs": 2,
            "sheets": 16000,
            "test_sheets": 400,
            "sheet_epochs": 1,
            "longer": 4,
        }
    },
    run=run,
    columns={"right": "{right:.1%}", "parameters": "{parameters:,}"},
    checks=[
        Check(
            "Twins: the fewest right of a word that begins with attention",
            lambda record: min(rights(record, *(f"twins: {w}" for w in WORDS if w[0] == "a"))),
            at_least(0.7),
        ),
        Check(
            "Twins: the most right of a Mixer, trained four times as long",
            lambda record: max(rights(record, "twins, longer: mmm")),
            at_most(0.6),
        ),
        Check(
            "Digits: the fewest right of all words",
            lambda record: min(rights(record, *(f"digits: {word}" for word in WORDS))),
            at_least(0.9),
        ),
    ],
)
