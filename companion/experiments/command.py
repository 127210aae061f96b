"""What a model costs: parameters, operations, time, and how they grow; and `companion bench`.

The measures are what chapters import. The benchmarks that compare our models with others are in
`steps` and `article`, the speed of the book's pictures in `scenes`; only running them imports
what they compare with.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

HOMES = {
    "steps": "step_times.compare",
    "article": "mnist_race.compare",
    "scenes": "scene_speed",
    "translation": "translation.compare",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a benchmark: 0 when its target is met, 1 when it is missed, 2 when it cannot run."""
    given = _parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    try:
        # By relative name: a chapter's key would take an absolute one for something it depends on.
        benchmark = importlib.import_module(f".{HOMES[given.what]}", __package__)
        output = given.output or _results()
        if given.what == "steps":
            device = given.device or "cpu"
            return int(benchmark.run_steps(pairs=given.pairs, device=device, output=output))
        if given.what == "translation":
            return int(
                benchmark.run_translation(
                    seeds=given.seeds,
                    output=output,
                    device=given.device,
                    minutes=given.minutes,
                    epochs=given.epochs,
                    sentences=given.sentences,
                )
            )
        if given.what == "scenes":
            return int(benchmark.run_scenes(output=output))
        return int(
            benchmark.run_article(
                our_seeds=given.seeds, their_seeds=given.their_seeds, output=output
            )
        )
    except (ImportError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _results() -> Path:
    root: Path = importlib.import_module("..runner.notebooks", __package__).find_root()
    return root / "book" / "results"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m companion bench",
        description="steps: our ViT's time and memory beside timm's, vit-pytorch's and "
        "transformers'. article: seconds to 94 % on MNIST, the article's recipe and ours. "
        "scenes: how many are drawn in a second. "
        "translation: BLEU of two RNNs and a Transformer on Multi30k.",
    )
    add = parser.add_argument
    add("what", nargs="?", choices=("steps", "article", "scenes", "translation"), default="steps")
    add("--pairs", type=_count, default=40, help="steps: timed pairs for each comparison")
    add(
        "--device",
        choices=("cpu", "cuda"),
        help="where to compute (steps: cpu; translation: cuda, the whole run, where there is one, "
        "else cpu, a shortened run)",
    )
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of our recipe, of each translator")
    add("--their-seeds", type=int, nargs="+", default=[0], help="article: of the article's recipe")
    add("--minutes", type=_minutes, help="translation: of training, for the slowest model (cpu: 4)")
    add("--epochs", type=_count, help="translation: of training, instead of --minutes")
    add("--sentences", type=_count, help="translation: train on the first so many pairs alone")
    add("--threads", type=_count, default=1, help="torch's threads")
    add("--output", type=Path, help="folder for the result (book/results of the clone)")
    return parser


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return minutes


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is less than 1")
    return count
