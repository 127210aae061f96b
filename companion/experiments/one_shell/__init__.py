"""One shell, many mixers: what is the shell's, what the patches', what attention's?"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from companion.cost import count_parameters
from companion.data import batches
from companion.experiments.experiment import Check, Experiment, Row
from companion.experiments.one_shell.shell import MIXERS, matched
from companion.experiments.one_shell.tasks import TASKS
from companion.lessons.bands import at_most
from companion.training import CrossEntropy, FitConfig, evaluate, fit

VARIANTS = {f"{mixer}: {task}": (mixer, task) for task in TASKS for mixer in MIXERS}


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train the shell with one mixer on one task; its share of the test images right."""
    mixer, asked = VARIANTS[variant]
    task = TASKS[asked]
    train, test, _ = task.load(seed)
    torch.manual_seed(seed)
    model = matched(mixer, task.sizes)
    feed = batches(train, batch_size=task.batch_size, seed=seed, drop_last=True)
    steps = settings["steps"] or task.steps
    epochs = max(1, round(steps / len(feed)))
    config = FitConfig(
        epochs,
        settings["learning_rate"],
        checkpoint_dir=folder,
        checkpoint_every=epochs,
        progress=False,
        device=device,
    )
    began = time.process_time()
    history = fit(model, feed, CrossEntropy(), config)
    seconds = time.process_time() - began
    last = evaluate(model, batches(train, batch_size=500, seed=0, shuffle=False))
    held_out = evaluate(model, batches(test, batch_size=500, seed=0, shuffle=False))
    return {
        "mixer": mixer,
        "task": asked,
        "parameters": count_parameters(model),
        "steps": len(history.steps),
        "train_accuracy": round(float(last.accuracy), 4),
        "test_images": len(test),
        "accuracy": round(float(held_out.accuracy), 4),
        "seconds": round(seconds, 1),
    }


def _spread(record: Mapping[str, Any]) -> float:
    """By how much parameters differ from those of attention at most, as a share."""
    wanted = {r["task"]: r["parameters"] for r in record["rows"] if r["mixer"] == "attention"}
    return float(max(abs(r["parameters"] / wanted[r["task"]] - 1) for r in record["rows"]))


def conclude(rows: list[Row]) -> dict[str, Any]:
    """The rows, and each task's accuracies by mixer and seed."""
    table: dict[str, dict[str, list[float]]] = {task: {} for task in TASKS}
    for row in sorted(rows, key=lambda row: row["seed"]):
        table[row["task"]].setdefault(row["mixer"], []).append(row["accuracy"])
    return {"table": table, "rows": rows}


EXPERIMENT = Experiment(
    name="one_shell",
    title="One shell, many mixers: only the layer that mixes tokens is exchanged",
    variants=dict.fromkeys(VARIANTS, (0, 1, 2)),
    # No steps: as many as the task says.
    settings={d: {"steps": 0, "learning_rate": 1.5e-3} for d in ("cpu", "cuda")},
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "steps": "{steps:,}",
        "right in training": "{train_accuracy:.1%}",
        "right": "{accuracy:.1%}",
        "CPU seconds": "{seconds:.0f}",
    },
    checks=[Check("Parameters differ from attention's by a share of", _spread, at_most(0.05))],
    conclude=conclude,
)
