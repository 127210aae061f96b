"""Our ViT's step against the reference implementations': time in pairs, and peak memory."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional as F

from companion.cost.memory import peak_memory
from companion.cost.pairs import Ratio, median_ratio, noise, time_pairs
from companion.experiments.step_times.references import REFERENCES, SHAPES, Shape, ours, without_tap
from companion.inspection.record import record_attention
from companion.records.provenance import circumstances, write_result

CONTROL, TAPLESS = "ours again", "ours without tap"
# How much more than the reference ours may take, before the control's noise is added.
ALLOWED = {"timm": 1.03, TAPLESS: 1.01}
RULE = (
    "Held: the median of the pairs' ratios is at most `allowed` plus `noise` - 1 (time), and the "
    "memory ratio at most `allowed`. Noise - 1 is how far from 1 the 95 % interval of the median "
    "reaches when our model is timed against a copy of itself (`ours again`)."
)


def run_steps(
    *,
    pairs: int,
    device: str,
    output: Path,
    shapes: Iterable[Shape] = SHAPES,
    references: Mapping[str, Callable[[Shape], nn.Module]] = REFERENCES,
) -> int:
    """Compare, show, and write `bench.json`: 0 when every target is met, else 1.

    Raises:
        ImportError: a reference library is not installed; the message names the remedy.
        ValueError: the device is not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda: torch finds no CUDA device here; use --device cpu")
    shapes = tuple(shapes)
    console = Console()
    rows: list[dict[str, Any]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        total = len(shapes) * len(PASSES) * (len(references) + 2) * pairs
        task = progress.add_task("importing the references", total=total)
        for shape in shapes:
            models = _models(shape, references)
            progress.update(task, description=shape.title)
            rows += _measure(
                shape, models, pairs=pairs, device=device, on_pair=lambda: progress.advance(task)
            )
    result = {
        "command": "python -m companion bench steps",
        **circumstances(),
        "device": device,
        "clock": "process time" if _clock(device) is time.process_time else "wall time",
        "rule": RULE,
        "held": all(row["held"] is not False for row in rows),
        "rows": rows,
    }
    write_result(output / "bench.json", result)
    for table in _tables(rows):
        console.print(table)
    console.print(RULE, style="dim")
    console.print("All targets met." if result["held"] else "A target was missed.")
    return 0 if result["held"] else 1


def _models(
    shape: Shape, references: Mapping[str, Callable[[Shape], nn.Module]]
) -> dict[str, nn.Module]:
    model = ours(shape)
    models = {"ours": model, CONTROL: ours(shape), TAPLESS: without_tap(model)}
    for name, build in references.items():
        try:
            models[name] = build(shape)
        except ImportError as error:
            raise ImportError(f"{error}: install it with `pip install {name}`") from error
    return models


def _measure(
    shape: Shape,
    models: Mapping[str, nn.Module],
    *,
    pairs: int,
    device: str,
    on_pair: Callable[[], None],
) -> list[dict[str, Any]]:
    generator = torch.Generator().manual_seed(0)
    size = shape.grid.image_size
    images = torch.rand(shape.batch, shape.grid.channels, size, size, generator=generator)
    labels = torch.randint(shape.num_classes, (shape.batch,), generator=generator)
    images, labels = images.to(device), labels.to(device)
    for model in models.values():
        model.to(device)
    # Having been recorded once, ours must be as fast as if it never had been.
    with record_attention(models["ours"]), torch.no_grad():
        models["ours"](images[:1])
    rows: list[dict[str, Any]] = []
    for name, make in PASSES.items():
        calls = {key: make(model, images, labels) for key, model in models.items()}
        memory = {key: peak_memory(call, device) for key, call in calls.items()}
        ratios: dict[str, Ratio] = {}
        for reference in [key for key in models if key != "ours"]:
            seconds = time_pairs(
                calls["ours"], calls[reference], pairs=pairs, clock=_clock(device), on_pair=on_pair
            )
            ratios[reference] = median_ratio(*seconds)
            rows.append(
                {
                    "shape": shape.title,
                    "pass": name,
                    "reference": reference,
                    "pairs": pairs,
                    **_times(*seconds),
                    **_judged(reference, ratios[reference], ratios[CONTROL]),
                    **_memory(memory["ours"], memory[reference]),
                }
            )
            rows[-1]["held"] = _held(rows[-1])
    return rows


def _forward(model: nn.Module, images: Tensor, _: Tensor) -> Callable[[], None]:
    def call() -> None:
        model.eval()
        with torch.inference_mode():
            model(images)
        _wait(images)

    return call


def _step(model: nn.Module, images: Tensor, labels: Tensor) -> Callable[[], None]:
    def call() -> None:
        model.train()
        F.cross_entropy(model(images), labels).backward()
        model.zero_grad(set_to_none=True)
        _wait(images)

    return call


PASSES = {"forward": _forward, "forward + backward": _step}


def _wait(images: Tensor) -> None:
    if images.is_cuda:
        torch.cuda.synchronize()


def _clock(device: str) -> Callable[[], float]:
    # With one thread the processor's time is the work done; it stops while others have the core.
    alone = device == "cpu" and torch.get_num_threads() == 1
    return time.process_time if alone else time.perf_counter


def _times(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    return {
        "ours_ms": round(median(ours) * 1e3, 2),
        "reference_ms": round(median(theirs) * 1e3, 2),
    }


def _judged(reference: str, ratio: Ratio, control: Ratio) -> dict[str, float | None]:
    return {
        "ratio": round(ratio.median, 4),
        "low": round(ratio.low, 4),
        "high": round(ratio.high, 4),
        "noise": round(1 + noise(control), 4),
        "allowed": ALLOWED.get(reference),
    }


def _memory(ours: int, theirs: int) -> dict[str, float]:
    return {
        "ours_mb": round(ours / 1e6, 1),
        "reference_mb": round(theirs / 1e6, 1),
        "memory_ratio": round(ours / theirs, 4),
    }


def _held(row: Mapping[str, Any]) -> bool | None:
    if row["allowed"] is None:
        return None
    return bool(
        row["ratio"] <= row["allowed"] + row["noise"] - 1 and row["memory_ratio"] <= row["allowed"]
    )


def _tables(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    kinds = dict.fromkeys((row["shape"], row["pass"]) for row in rows)
    for kind in kinds:
        table = Table("reference", title=", ".join(kind), title_justify="left", box=box.SIMPLE)
        for title in ("ours ms", "ms", "ratio", "95 %", "noise", "memory", "held"):
            table.add_column(title, justify="right")
        for row in rows:
            if (row["shape"], row["pass"]) == kind:
                table.add_row(*_cells(row))
        yield table


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        row["reference"],
        f"{row['ours_ms']:.1f}",
        f"{row['reference_ms']:.1f}",
        f"{row['ratio']:.3f}",
        f"{row['low']:.3f}–{row['high']:.3f}",
        f"{row['noise'] - 1:.3f}",
        f"{row['memory_ratio']:.3f}",
        {True: "yes", False: "NO", None: ""}[row["held"]],
    )
