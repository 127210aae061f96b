"""How many scenes are drawn in a second, on one core.

The time is this process's own, with everything from the seed to the tensors. Captions and
questions, made on demand, are timed apart.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from companion.data.scenes.draw import draw_scenes
from companion.experiments.experiment import Check, Experiment
from companion.lessons.bands import at_least

COUNTS = {32: 4_000, 64: 1_000, 224: 80}  # edge in pixels: scenes drawn at a time
VARIANTS = {f"{size}x{size}": size for size in COUNTS}


def run(
    variant: str, seed: int, device: str, *, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Draw scenes of one size several times; medians and extremes of scenes a second."""
    del device, folder  # Drawn by NumPy, in seconds.
    size, repeats = VARIANTS[variant], settings["repeats"]
    count = COUNTS[size]
    draw_scenes(min(count, 60), seed=seed, image_size=size)
    drawing, captioning = [], []
    for repeat in range(repeats):
        began = time.process_time()
        scenes = draw_scenes(count, seed=seed * repeats + repeat, image_size=size)
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


EXPERIMENT = Experiment(
    name="scene_speed",
    title="Scenes drawn in a second, on one core",
    variants=dict.fromkeys(VARIANTS, (0,)),
    settings={"cpu": {"repeats": 7}},
    run=run,
    columns={
        "median": "{images_a_second:,}",
        "slowest": "{slowest:,}",
        "fastest": "{fastest:,}",
        "captions": "{captions_a_second:,}",
    },
    checks=[
        Check(
            "Scenes of 32x32 pixels a second",
            lambda record: record["rows"][0]["images_a_second"],
            at_least(5_000),
        )
    ],
    timed=True,
)
