"""The bake-off: six families at equal parameters and at equal operations, on three tasks.

One recipe for all; only the learning rate is a family's own. Every row says how a model answers,
also when the images are made harder, and what it costs.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from companion.cost import clock
from companion.data import ImageSet, batches
from companion.experiments.bake_off.damage import damages
from companion.experiments.bake_off.models import BUDGETS, FAMILIES, matched, price
from companion.experiments.bake_off.prices import memory, speeds
from companion.experiments.bake_off.tasks import TASKS, Task
from companion.experiments.experiment import Check, Experiment
from companion.lessons.bands import at_most
from companion.training import CrossEntropy, FitConfig, evaluate, fit

# The ViT sets both budgets: it is one model for the two.
VARIANTS = {
    f"{family}, equal {budget}: {task}": (family, budget, task)
    for task in TASKS
    for budget in BUDGETS
    for family in FAMILIES
    if family != "ViT" or budget == "parameters"
}


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Train one family on one task from one seed; what it gets right and what it costs."""
    family, budget, asked = VARIANTS[variant]
    task = TASKS[asked]
    train, test, _ = task.load(seed)
    torch.manual_seed(seed)
    model = matched(family, task.sizes, budget=budget)
    seconds, steps = learned(
        model,
        train,
        epochs=settings["epochs"] or task.epochs,
        rate=task.rates[family],
        seed=seed,
        device=device,
        folder=folder,
    )
    return {
        "family": family,
        "budget": budget,
        "task": asked,
        "steps": steps,
        "train_accuracy": round(right(model, train), 4),
        "test_images": len(test),
        **measured(model, test, task, device=device, pairs=settings["pairs"]),
        "seconds": seconds,
    }


def measured(
    model: nn.Module, test: ImageSet, task: Task, *, device: str = "cpu", pairs: int
) -> dict[str, Any]:
    """What a trained model gets right, also of damaged images, and what it costs."""
    found: dict[str, Any] = {each: price(each, model, task.sizes) for each in BUDGETS}
    found["accuracy"] = round(right(model, test), 4)
    for name, strengths in damages(task.sizes.grid, task.strengths).items():
        found[name] = [round(right(model, test, change), 4) for change in strengths]
    found |= speeds(model, task.sizes, device, pairs=pairs)
    found["memory"] = memory(model, task.sizes, device)
    return found


def learned(
    model: nn.Module,
    train: ImageSet,
    *,
    epochs: int,
    rate: float,
    seed: int,
    device: str = "cpu",
    folder: Path | None = None,
) -> tuple[float, int]:
    """Train a model in place, in batches of 64; seconds and steps that it took.

    AdamW with a decay of 0.05, a warm-up of a tenth and a cosine to 0, gradients clipped at 1.
    """
    feed = batches(train, batch_size=64, seed=seed, drop_last=True)
    config = FitConfig(
        epochs, rate, checkpoint_dir=folder, checkpoint_every=epochs, progress=False, device=device
    )
    now = clock(device)
    began = now()
    history = fit(model, feed, CrossEntropy(), config)
    return round(now() - began, 1), len(history.steps)


def right(
    model: nn.Module, images: ImageSet, change: Callable[[Tensor], Tensor] | None = None
) -> float:
    """The share of the images that are classified rightly, after `change`, if one is given."""

    def changed(batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        pixels, labels = batch
        return (change(pixels) if change else pixels), labels

    feed = batches(images, batch_size=500, seed=0, shuffle=False)
    return float(evaluate(model, map(changed, feed)).accuracy)


def _apart(record: Mapping[str, Any], budget: str) -> float:
    """By what share rows of one budget differ from the ViT's at most."""
    rows = record["rows"]
    wanted = {row["task"]: row[budget] for row in rows if row["family"] == "ViT"}
    return max(abs(r[budget] / wanted[r["task"]] - 1) for r in rows if r["budget"] == budget)


EXPERIMENT = Experiment(
    name="bake_off",
    title="The bake-off: six families at equal parameters and at equal operations",
    variants=dict.fromkeys(VARIANTS, (0, 1, 2)),
    # No epochs: as many as the task says.
    settings={device: {"epochs": 0, "pairs": 9} for device in ("cpu", "cuda")},
    run=run,
    columns={
        "parameters": "{parameters:,}",
        "operations": "{operations:,}",
        "right": "{accuracy:.1%}",
        "shifted": "{shift}",
        "noisy": "{noise}",
        "blurred": "{blur}",
        "shuffled": "{shuffle}",
        "training": "x {training[0]:.2f}",
        "answering": "x {answering[0]:.2f}",
    },
    checks=[
        Check(
            f"At equal {budget}, a family differs from the ViT by a share of",
            partial(_apart, budget=budget),
            at_most(most),
        )
        for budget, most in zip(BUDGETS, (0.05, 0.1), strict=True)
    ],
)
