"""Checks for the exercises of chapter 09; each names the mistake that an attempt most likely has.

Axes: b batch, n tokens, d dim, y and x the patch grid.
"""

from collections.abc import Callable
from itertools import product

import torch
from einops import rearrange
from torch import Tensor

from companion.cost import count_parameters
from companion.exercises.attempts import require_equal, require_shape
from companion.lessons.exercises import Mistake, exercise
from companion.models import Hybrid
from companion.parts import PatchGrid

SIZES = ((64, 48, 5, 20), (64, 64, 3, 24), (196, 96, 7, 48))


@exercise("09.1 Blocks of equal size")
def check_token_dim(attempt: Callable[[int, int, int, int], int]) -> str:
    """Judge (num_tokens, dim, kernel_size, mlp_dim) -> the width that gives m c's parameters."""
    for n, d, k, e in SIZES:
        got = attempt(n, d, k, e)
        if not isinstance(got, int) or isinstance(got, bool):
            raise Mistake(f"Return a whole number, not {type(got).__name__}.")
        block = k * k * d + d * d + 6 * d
        rest = n + 5 * d + (2 * d + 1) * e
        right = round((block - rest) / (2 * n + 1))
        likely = {
            round((k * k * d + d * d + 2 * d - rest) / (2 * n + 1)): (
                "the two batch normalisations are missing, 2d each"
            ),
            round((k * k * d * d + d * d + 6 * d - rest) / (2 * n + 1)): (
                "the kernels are depthwise, k²d weights and not k²d²"
            ),
            round((block - n - d - (2 * d + 1) * e) / (2 * n + 1)): (
                "the two layer normalisations are missing, 2d each"
            ),
            round((block - rest) / (2 * n)): "the biases of the token MLP's units are missing",
            (block - rest) // (2 * n + 1): "round it, do not cut it off",
        }
        if got != right:
            hint = likely.get(got, "set k²d + d² + 6d equal to (2n + 1)h + (2d + 1)e + n + 5d")
            raise Mistake(f"For n={n}, d={d}, k={k}, e={e} it is {right}, not {got}: {hint}.")
    return "12 for the sizes of the chapter, where the two are exactly equal."


@exercise("09.2 Who has heard of whom?")
def check_heard(attempt: Callable[[str, int, int], int]) -> str:
    """Judge (word, kernel_size, side) -> of how many places the upper left corner has heard."""
    words, sizes = ("c", "cc", "ccc", "ccmm", "mcc", "m"), ((3, 8), (5, 8), (5, 14))
    for word, (kernel, side) in product(words, sizes):
        got, step = attempt(word, kernel, side), kernel // 2
        right = _heard(word, step, side)
        likely = {
            min(side, 1 + 2 * step * len(word)) ** 2: (
                "beyond the corner is nothing, so a kernel reaches one way only"
            ),
            min(side, 1 + step * len(word)): "count places of the grid, not of a row",
            (1 + step * len(word)) ** 2: "the grid ends",
            (1 + step) ** 2: "each block c reaches further by half a kernel",
        }
        if word.count("m") and got != right:
            raise Mistake(f"{word}: one token MLP hears of all {side * side} places.")
        if got != right:
            hint = likely.get(got, "a block c reaches half a kernel further")
            case = f"{word}, kernel {kernel}, side {side}"
            raise Mistake(f"{case}: it is {right}, not {got}: {hint}.")
    return "With a kernel of 5 it is 9 after c, 25 after cc, and all after the first m."


def _heard(word: str, step: int, side: int) -> int:
    return side * side if "m" in word else min(side, 1 + step * len(word)) ** 2


@exercise("09.3 Push what is handed on")
def check_moved(attempt: Callable[[Tensor, int, int, int], Tensor]) -> str:
    """Judge (tokens (b, side * side, d), side, down, right) -> the same, pushed over the grid."""
    torch.manual_seed(0)
    tokens = torch.randn(2, 25, 3)
    for down, across in ((1, 0), (0, 2), (-1, 1)):
        got = require_shape(attempt(tokens.clone(), 5, down, across), tokens.shape)
        table = rearrange(tokens, "b (y x) d -> b y x d", y=5)

        def flat(grid: Tensor) -> Tensor:
            return rearrange(grid, "b y x d -> b (y x) d")

        likely = {
            "Down and right are exchanged.": flat(table.roll((across, down), dims=(1, 2))),
            "Up and left is the other way: roll by plus down, plus right.": flat(
                table.roll((-down, -across), dims=(1, 2))
            ),
            "Rolled along the row of tokens, what leaves a row comes into the next: lay them out "
            "on their grid first.": tokens.roll(5 * down + across, dims=1),
            "Nothing has moved.": tokens,
        }
        right = flat(table.roll((down, across), dims=(1, 2)))
        otherwise = "Lay the tokens out as (b, side, side, d), roll, and flatten again."
        require_equal(got, right, likely, otherwise, case=f"Down {down}, right {across}: ")
    return "This undoes a push between two halves."


@exercise("09.4 Freeze a kind")
def check_freeze(attempt: Callable[[Hybrid, str], int]) -> str:
    """Judge (model, letter) -> parameters that still learn, with all blocks of a kind frozen."""
    sizes = {"dim": 8, "token_dim": 4, "mlp_dim": 6, "kernel_size": 3, "num_classes": 5}
    for word, letter in (("mcmc", "c"), ("mcmc", "m"), ("ccmm", "m")):
        model = Hybrid(PatchGrid(8, 2, 1), blocks=word, **sizes)
        before = {name: weight.clone() for name, weight in model.named_parameters()}
        got, case = attempt(model, letter), f"{word}, {letter} frozen: "
        for kind, block in zip(word, model.blocks, strict=True):
            _judge_block(kind == letter, [p.requires_grad for p in block.parameters()], case)
        rest = [model.embed, model.pool, model.head]
        if not all(p.requires_grad for part in rest for p in part.parameters()):
            raise Mistake(case + "the patches' map, the last norm and the head should learn.")
        if any(not torch.equal(before[n], p) for n, p in model.named_parameters()):
            raise Mistake(case + "some weights have changed: only stop them from learning.")
        right = sum(p.numel() for p in model.parameters() if p.requires_grad)
        if got == count_parameters(model) - right:
            raise Mistake(case + "you returned how many are frozen.")
        if got != right:
            raise Mistake(f"{case}{right} parameters still learn, not {got}: count numbers.")
    return "Now train both, and push."


def _judge_block(freezes: bool, learns: list[bool], case: str) -> None:
    if freezes and any(learns):
        raise Mistake(case + "some weights of that kind still learn: requires_grad_(False).")
    if not freezes and not all(learns):
        raise Mistake(case + "a block of the other kind is frozen too.")
