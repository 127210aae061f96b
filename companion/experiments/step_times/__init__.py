"""A step of our ViT beside timm's, vit-pytorch's and transformers': time in pairs, peak memory."""

import statistics
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.cost import clock, median_ratio, noise, peak_memory, time_pairs
from companion.cost.pairs import Ratio
from companion.experiments.experiment import Check, Experiment, Row
from companion.experiments.step_times.references import (
    NAMES,
    SHAPES,
    Shape,
    ours,
    theirs,
    without_tap,
)
from companion.inspection.record import record_attention
from companion.lessons.bands import at_most

CONTROL, TAPLESS = "ours again", "ours without tap"
# How much more than the reference ours may take, before the control's noise is added.
ALLOWED = {"timm": 1.03, TAPLESS: 1.01}

RATIO = ("ratio", "low", "high")


def forward(model: nn.Module, images: Tensor, _: Tensor) -> Callable[[], None]:
    """A call that answers images (b, c, y, x)."""

    def call() -> None:
        model.eval()
        with torch.inference_mode():
            model(images)

    return call


def step(model: nn.Module, images: Tensor, labels: Tensor) -> Callable[[], None]:
    """A call that computes gradients for images (b, c, y, x) and labels (b,)."""

    def call() -> None:
        model.train()
        F.cross_entropy(model(images), labels).backward()
        model.zero_grad(set_to_none=True)

    return call


PASSES = {"forward": forward, "forward + backward": step}
VARIANTS = {
    f"{shape.title}; {name}; {reference}": (shape, name, reference)
    for shape in SHAPES
    for name in PASSES
    for reference in (CONTROL, TAPLESS, *NAMES)
}


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Time ours against one reference in one kind of pass, in alternating pairs.

    Raises:
        ImportError: the reference's library is not installed.
    """
    del folder  # A row takes a minute.
    shape, name, reference = VARIANTS[variant]
    return compare(shape, name, reference, seed=seed, device=device, pairs=settings["pairs"])


def compare(
    shape: Shape, name: str, reference: str, *, seed: int, device: str, pairs: int
) -> dict[str, Any]:
    """Medians in ms, the median of the pairs' ratios with its 95 % interval, and peak memory."""
    torch.manual_seed(seed)
    model = ours(shape)
    other = without_tap(model) if reference == TAPLESS else _build(reference, shape)
    size = shape.grid.image_size
    images = torch.rand(shape.batch, shape.grid.channels, size, size).to(device)
    labels = torch.randint(shape.num_classes, (shape.batch,)).to(device)
    pair = [model.to(device), other.to(device)]
    # Having been recorded once, ours must be as fast as if it never had been.
    with record_attention(model), torch.no_grad():
        model(images[:1])
    calls = [PASSES[name](module, images, labels) for module in pair]
    our_memory, their_memory = (peak_memory(call, device) for call in calls)
    seconds = time_pairs(*calls, pairs=pairs, clock=clock(device))
    ratio = median_ratio(*seconds)
    our_ms, their_ms = (round(statistics.median(times) * 1e3, 2) for times in seconds)
    return {
        "shape": shape.title,
        "pass": name,
        "reference": reference,
        "pairs": pairs,
        "ours_ms": our_ms,
        "reference_ms": their_ms,
        **{key: round(value, 4) for key, value in zip(RATIO, ratio, strict=True)},
        "ours_mb": round(our_memory / 1e6, 1),
        "reference_mb": round(their_memory / 1e6, 1),
        "memory_ratio": round(our_memory / their_memory, 4),
    }


def _build(reference: str, shape: Shape) -> nn.Module:
    if reference == CONTROL:
        return ours(shape)
    try:
        return theirs(reference, shape)
    except ImportError as error:
        raise ImportError(f"{error}: install it with `pip install {reference}`") from error


def conclude(rows: list[Row]) -> dict[str, Any]:
    """Beside each row, the noise: how far the control's interval reaches, above 1."""
    controls = {
        _kind(row): Ratio(*(row[key] for key in RATIO))
        for row in rows
        if row["reference"] == CONTROL
    }
    return {"rows": [{**row, "noise": round(1 + noise(controls[_kind(row)]), 4)} for row in rows]}


def _kind(row: Row) -> tuple[str, str]:
    return row["shape"], row["pass"]


def times(reference: str, record: Mapping[str, Any]) -> list[float]:
    """Our time over a reference's in each of its rows, the control's noise taken off."""
    return [row["ratio"] + 1 - row["noise"] for row in _of(reference, record)]


def memories(reference: str, record: Mapping[str, Any]) -> list[float]:
    """Our peak memory over a reference's in each of its rows."""
    return [row["memory_ratio"] for row in _of(reference, record)]


def _of(reference: str, record: Mapping[str, Any]) -> list[Row]:
    return [row for row in record["rows"] if row["reference"] == reference]


EXPERIMENT = Experiment(
    name="step_times",
    title="Our ViT's time and memory, beside those of other libraries",
    variants=dict.fromkeys(VARIANTS, (0,)),
    settings={device: {"pairs": 30} for device in ("cpu", "cuda")},
    run=run,
    columns={
        "ours ms": "{ours_ms:.1f}",
        "ms": "{reference_ms:.1f}",
        "ratio": "{ratio:.3f}",
        "95 %": "{low:.3f}–{high:.3f}",
        "memory": "{memory_ratio:.3f}",
    },
    checks=[
        Check(f"{what} over that of {name}", partial(measure, name), at_most(allowed))
        for name, allowed in ALLOWED.items()
        for what, measure in (("Time", times), ("Memory", memories))
    ],
    timed=True,
    conclude=conclude,
)
