"""The record of the translation benchmark: how it was made, what came out, and its table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from companion.experiments.translation.models import ALLOWED, ATTENTION, BOTTLENECK, NAMES
from companion.experiments.translation.runs import BEAMS
from companion.experiments.translation.scores import LENGTH_PENALTY, count_by_length
from companion.experiments.translation.task import Recipe, Task, clock
from companion.records.machine import versions
from companion.records.provenance import circumstances

RULE = "Held: in every seed, the RNN with attention scores above the one without (beam 4)."
SHOWN_EXAMPLES = 4


def example_rows(task: Task) -> list[int]:
    """The first few of the test set and the longest: nobody picked them."""
    test = task.splits.test.source
    longest = max(range(len(test)), key=lambda row: len(test[row].split()))
    return list(dict.fromkeys([*range(min(SHOWN_EXAMPLES, len(test))), longest]))


def new_record(
    task: Task, recipe: Recipe, *, device: str, seeds: Sequence[int], sentences: int | None
) -> dict[str, Any]:
    """The record before the first run; its command makes the same one again."""
    command = f"python -m companion bench translation --device {device} --epochs {recipe.epochs}"
    command += f" --seeds {' '.join(map(str, seeds))}"
    command += f" --sentences {sentences}" if sentences is not None else ""
    names = ("train", "validation", "test_2016_flickr")
    test = task.splits.test
    result = {
        "command": command,
        **circumstances(),
        "device": device,
        "clock": "process time" if clock(device).__name__ == "process_time" else "wall time",
        "shortened": device != "cuda",
        "data": "Multi30k task 1, English to German, raw and cased",
        "pairs": dict(zip(names, map(len, task.splits), strict=True)),
        "subwords": {"source": task.source.checksum, "target": task.target.checksum},
        "budget": "the same pairs in the same order for the same number of steps",
        "recipe": {
            **vars(recipe.sizes),
            "batch_size": recipe.batch_size,
            "learning_rates": dict(recipe.learning_rates),
            "label_smoothing": recipe.label_smoothing,
            "epochs": recipe.epochs,
            "parameters_within": ALLOWED,
        },
        "searches": BEAMS,
        "length_penalty": LENGTH_PENALTY,
        "sentences_by_length": count_by_length(test),
        "seeds": list(seeds),
        "examples": [
            {"number": row, "source": test.source[row], "reference": test.target[row]}
            for row in example_rows(task)
        ],
        "rule": RULE,
        "complete": False,
        "held": False,
        "table": {},
        "runs": [],
    }
    result["versions"] |= versions(("sacrebleu", "tokenizers"))
    return result


def conclude(result: dict[str, Any]) -> None:
    """Bring the record's summary up to date with its runs."""
    runs = result["runs"]
    result["table"] = {
        name: _summary([run for run in runs if run["model"] == name])
        for name in NAMES
        if any(run["model"] == name for run in runs)
    }
    result["complete"] = len(runs) == len(NAMES) * len(result["seeds"])
    result["held"] = result["complete"] and all(
        _beam_bleu(runs, ATTENTION, seed) > _beam_bleu(runs, BOTTLENECK, seed)
        for seed in result["seeds"]
    )


def _beam_bleu(runs: Sequence[dict[str, Any]], name: str, seed: int) -> float:
    found = (run for run in runs if (run["model"], run["seed"]) == (name, seed))
    return float(next(found)["bleu"]["beam 4"]["bleu"])


def _summary(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A model's means over the seeds, and each seed's BLEU."""
    groups = runs[0]["bleu_by_length"]
    return {
        "parameters": runs[0]["parameters"],
        "steps": runs[0]["steps"],
        "training_seconds": _mean([run["training_seconds"] for run in runs]),
        "validation_loss": _mean([min(run["validation_loss"]) for run in runs], 4),
        **{
            search: {
                "mean": _mean([run["bleu"][search]["bleu"] for run in runs]),
                "seeds": [run["bleu"][search]["bleu"] for run in runs],
                "seconds": _mean([run["bleu"][search]["seconds"] for run in runs]),
            }
            for search in BEAMS
        },
        "bleu_by_length": {
            group: _mean([run["bleu_by_length"][group] for run in runs]) for group in groups
        },
    }


def _mean(numbers: Sequence[float], digits: int = 2) -> float:
    return round(statistics.fmean(numbers), digits)


def table(result: dict[str, Any]) -> Table:
    """The record's table for a terminal."""
    shown = Table(title=f"BLEU on test_2016_flickr, {len(result['seeds'])} seeds")
    shown.add_column("model")
    for title in ("parameters", "steps", "seconds", "loss", *BEAMS):
        shown.add_column(title, justify="right")
    for name, row in result["table"].items():
        scores = [f"{row[search]['mean']:.1f}" for search in BEAMS]
        numbers = [f"{row['parameters']:,}", f"{row['steps']:,}", f"{row['training_seconds']:.0f}"]
        shown.add_row(name, *numbers, f"{row['validation_loss']:.2f}", *scores)
    return shown
