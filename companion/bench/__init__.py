"""What a model costs: parameters, operations, time, and how they grow; and `companion bench`.

The measures are what chapters import. The benchmarks that compare our models with others are in
`steps` and `article`; only running them imports the other libraries.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(model: nn.Module) -> int:
    """All numbers that training may change, frozen ones too, shared ones once."""
    return sum(parameter.numel() for parameter in model.parameters())


def count_flops(model: nn.Module, images: Tensor) -> int:
    """Floating-point operations of one forward pass over the whole batch.

    A multiplication and an addition are two operations. Counts matrix products and convolutions,
    as is customary; norms, activations and softmax are left out. Works on the meta device too,
    where nothing is computed.
    """
    counter = FlopCounterMode(display=False)
    # torch has no count for the CPU's fused attention, which it would pass over in silence.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        model(images)
    return int(counter.get_total_flops())


def scaling_exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The p of cost = a * size^p, by least squares on the logarithms.

    Raises:
        ValueError: fewer than two different sizes, lengths that differ, or a value not above 0.
    """
    if len(sizes) != len(costs):
        raise ValueError(f"{len(sizes)} sizes and {len(costs)} costs: give one cost for each size")
    if len(set(sizes)) < 2:
        raise ValueError(f"sizes={list(sizes)}: an exponent needs at least two different sizes")
    if min(*sizes, *costs) <= 0:
        raise ValueError(f"smallest value {min(*sizes, *costs)}: sizes and costs must be above 0")
    slope, _ = np.polyfit(np.log(sizes), np.log(costs), 1)
    return float(slope)


def median_seconds(call: Callable[[], object], repeats: int = 9) -> float:
    """Seconds that a call takes by the clock on the wall, the median after one call to warm up.

    Raises:
        ValueError: `repeats` is less than 1.
    """
    if repeats < 1:
        raise ValueError(f"repeats={repeats}: time at least one call")
    call()
    seconds = []
    for _ in range(repeats):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return statistics.median(seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a benchmark: 0 when its target is met, 1 when it is missed, 2 when it cannot run."""
    given = _parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    try:
        if given.what == "steps":
            from companion.bench.steps import run_steps

            return run_steps(pairs=given.pairs, device=given.device, output=given.output)
        from companion.bench.article import run_article

        return run_article(
            our_seeds=given.seeds, their_seeds=given.their_seeds, output=given.output
        )
    except (ImportError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


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
    add("--output", type=Path, default=Path("book/results"), help="folder for the result")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is less than 1")
    return count
