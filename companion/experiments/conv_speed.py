"""How long a ConvMixer takes beside its rivals: answering and learning, one image and 64.

All models of a row are timed in turns in one process, since what a machine does meanwhile changes
from minute to minute. A row against the ConvMixer itself shows what is left of that.
"""

import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from companion.cost import clock, count_flops, count_parameters, median_ratio, time_pairs
from companion.experiments.conv_families.models import channels_last
from companion.experiments.experiment import Experiment
from companion.experiments.step_times import forward, step
from companion.models import ConvMixer, MLPMixer, ResNet, ViT
from companion.parts import PatchGrid

GRID = PatchGrid(32, 4)
PASSES = {
    "answers 1 image": (forward, 1),
    "answers 64": (forward, 64),
    "learns from 64": (step, 64),
}


def convmixer(patch_size: int = 4) -> nn.Module:
    """Eight blocks, kernel 5, about 300,000 parameters."""
    grid = PatchGrid(32, patch_size)
    return ConvMixer(grid, dim=176, depth=8, kernel_size=5, num_classes=10)


REFERENCES: dict[str, Callable[[], nn.Module]] = {
    "itself": lambda: channels_last(convmixer()),
    "itself, channels first": convmixer,
    "itself, patch 2": lambda: channels_last(convmixer(2)),
    "ViT": lambda: ViT(GRID, dim=88, depth=3, heads=4, num_classes=10),
    "MLP-Mixer": lambda: MLPMixer(GRID, dim=112, depth=3, num_classes=10),
    "ResNet": lambda: channels_last(
        ResNet(channels=3, widths=(32, 64, 128), depth=1, num_classes=10)
    ),
}
VARIANTS = {f"{name}; {other}": (name, other) for name in PASSES for other in REFERENCES}


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """The ConvMixer's time over another model's, in alternating pairs, with its 95 % interval."""
    del folder  # A row takes seconds.
    name, other = VARIANTS[variant]
    make, batch = PASSES[name]
    torch.manual_seed(seed)
    models = [REFERENCES[which]().to(device) for which in ("itself", other)]
    images = torch.rand(batch, 3, 32, 32).to(device)
    labels = torch.randint(10, (batch,)).to(device)
    calls = [make(model, images, labels) for model in models]
    seconds = time_pairs(*calls, pairs=settings["pairs"], clock=clock(device))
    ratio = median_ratio(*seconds)
    ours, theirs = (batch / statistics.median(times) for times in seconds)
    return {
        "pass": name,
        "reference": other,
        "parameters": count_parameters(models[1]),
        "operations": count_flops(models[1].eval(), images[:1]),
        "convmixer_images_a_second": round(ours),
        "images_a_second": round(theirs),
        "ratio": round(ratio.median, 3),
        "low": round(ratio.low, 3),
        "high": round(ratio.high, 3),
    }


EXPERIMENT = Experiment(
    name="conv_speed",
    title="A ConvMixer's time over that of its rivals",
    variants=dict.fromkeys(VARIANTS, (0,)),
    settings={"cpu": {"pairs": 15}, "cuda": {"pairs": 51}},
    run=run,
    columns={
        "images a second": "{images_a_second:,}",
        "ratio": "{ratio:.2f}",
        "95 %": "{low:.2f}–{high:.2f}",
    },
    checks=[],
    timed=True,
)


def table(record: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """A record's head and rows, as `show_table` takes them: the ConvMixer's time over each."""
    rows: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in record["rows"]:
        rows.setdefault(row["reference"], {})[row["pass"]] = row
    head = ["its time over that of", "million operations", *PASSES]
    cells = []
    for other, passes in rows.items():
        ratios = [
            f"{passes[name]['ratio']:.2f} ({passes[name]['low']:.2f} to {passes[name]['high']:.2f})"
            for name in PASSES
        ]
        operations = passes[next(iter(PASSES))]["operations"] / 1e6
        cells.append([other, f"{operations:.0f}", *ratios])
    return head, cells
