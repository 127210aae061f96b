"""How many scenes are drawn in a second, on one core."""

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from companion.data.scenes.draw import draw_scenes
from companion.records.provenance import circumstances, write_result

TARGET = 5_000  # scenes of 32x32 pixels a second
SIZES = {32: 4_000, 64: 1_000, 224: 80}  # edge in pixels: scenes drawn at a time
REPEATS = 7


def run_scenes(*, output: Path, sizes: dict[int, int] | None = None, repeats: int = REPEATS) -> int:
    """Draw, show, and write `scenes.json`: 0 when scenes of 32x32 come fast enough, else 1.

    The time is this process's own, with everything from the seed to the tensors; the median of
    `repeats` goes. Captions and questions, made on demand, are timed apart.
    """
    rows = [_measure(size, count, repeats) for size, count in (sizes or SIZES).items()]
    first = rows[0]["images_a_second"]
    result = {
        "command": "python -m companion bench scenes",
        **circumstances(),
        "clock": "process time",
        "target": TARGET,
        "held": first >= TARGET,
        "rows": rows,
    }
    write_result(output / "scenes.json", result)
    Console().print(_table(rows))
    return 0 if result["held"] else 1


def _measure(size: int, count: int, repeats: int) -> dict[str, Any]:
    draw_scenes(min(count, 60), seed=0, image_size=size)
    drawing, captioning = [], []
    for repeat in range(repeats):
        began = time.process_time()
        scenes = draw_scenes(count, seed=repeat, image_size=size)
        drawn = time.process_time()
        scenes.captions()
        drawing.append(count / (drawn - began))
        captioning.append(count / (time.process_time() - drawn))
    return {
        "image_size": size,
        "scenes": count,
        "images_a_second": round(median(drawing)),
        "slowest": round(min(drawing)),
        "fastest": round(max(drawing)),
        "captions_a_second": round(median(captioning)),
    }


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title=f"Scenes a second, on one core (wanted: {TARGET:,} at 32x32)")
    for name in ("pixels", "median", "slowest", "fastest", "captions"):
        table.add_column(name, justify="right")
    for row in rows:
        numbers = [row[k] for k in ("images_a_second", "slowest", "fastest", "captions_a_second")]
        table.add_row(f"{row['image_size']}x{row['image_size']}", *(f"{n:,}" for n in numbers))
    return table
