"""What a model costs: parameters, operations, time, and how they grow; and `companion bench`.

The measures are what chapters import. The benchmarks that compare our models with others are in
`steps` and `article`; only running them imports the other libraries.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from companion.bench.measures import (
    count_flops,
    count_parameters,
    median_seconds,
    scaling_exponent,
)

__all__ = ["count_flops", "count_parameters", "main", "median_seconds", "scaling_exponent"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a benchmark: 0 when its target is met, 1 when it is missed, 2 when it cannot run."""
    given = _parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    try:
        # By relative name: a chapter's key would take an absolute one for something it depends on.
        benchmark = importlib.import_module(f".{given.what}", __package__)
        output = given.output or _results()
        if given.what == "steps":
            return int(benchmark.run_steps(pairs=given.pairs, device=given.device, output=output))
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
        "transformers'. article: seconds to 94 % on MNIST, the article's recipe and ours.",
    )
    add = parser.add_argument
    add("what", nargs="?", choices=("steps", "article"), default="steps")
    add("--pairs", type=_count, default=40, help="steps: timed pairs for each comparison")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="steps: where to compute")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], help="article: of our recipe")
    add("--their-seeds", type=int, nargs="+", default=[0], help="article: of the article's recipe")
    add("--threads", type=_count, default=1, help="torch's threads")
    add("--output", type=Path, help="folder for the result (book/results of the clone)")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is less than 1")
    return count
