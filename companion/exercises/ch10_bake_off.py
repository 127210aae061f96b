"""Checks for the exercises of chapter 10; each names the mistake that an attempt most likely has.

Axes: b batch, n tokens, d dim, c channels, y x pixels.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from einops import rearrange
from torch import Tensor, nn

from companion.exercises.attempts import refuse, require_equal, require_shape
from companion.lessons.exercises import Mistake, exercise
from companion.parts import PatchGrid, from_patches, to_patches

Points = Mapping[str, tuple[float, float]]
Pairs = set[tuple[str, str]]


@exercise("10.1 As large as the other")
def check_width(attempt: Callable[[Callable[[int], int], int], int]) -> str:
    """Judge a function (count, wanted) -> the width from 1 whose count comes closest."""
    asked = 0

    def count(width: int) -> int:
        nonlocal asked
        asked += 1
        if width < 1:
            raise Mistake(f"count({width}) was asked for: a width is at least 1.")
        return 3 * width * width + 10 * width + 7

    for wanted in (1, 320, 345, 346, 28_000, 3_000_000):
        asked = 0
        got = attempt(count, wanted)
        calls = asked
        right = min(range(1, 1_100), key=lambda width: (abs(count(width) - wanted), width))
        if got != right:
            given = f"For {wanted:,}: {got}, whose count is {count(max(1, got)):,}, "
            beside = "one step too far." if got - right == 1 else "look at the width beside it too."
            raise Mistake(f"{given}but {right} comes closer with {count(right):,}; {beside}")
        if calls > 100:
            raise Mistake(
                f"{calls} models were counted to find {right}: double the width until it is too "
                "much, then halve the range each time."
            )
    return "The closest, and found by halving."


@exercise("10.2 Patches in another order")
def check_shuffle(attempt: Callable[[Tensor, int, Tensor], Tensor]) -> str:
    """Judge a function (images (b, c, y, x), patch_size, order (n,)) -> images of that shape."""
    torch.manual_seed(0)
    images, order = torch.rand(2, 3, 8, 8), torch.tensor([1, 2, 3, 0, *range(15, 3, -1)])
    patches, grid = to_patches(images, 2), PatchGrid(8, 2)
    right = from_patches(patches[:, order], grid)
    got = require_shape(attempt(images.clone(), 2, order), images.shape)
    turned = rearrange(patches[:, order], "b n (c p q) -> b n (c q p)", c=3, p=2)
    likely = {
        "The order is turned round: place i is to show patch order[i].": from_patches(
            patches[:, order.argsort()], grid
        ),
        "Rows and columns were exchanged within the patches.": from_patches(turned, grid),
        "Nothing has moved.": images,
        "Places were counted column by column: count row by row.": rearrange(
            patches[:, order], "b (x y) (c p q) -> b c (y p) (x q)", x=4, c=3, p=2
        ),
    }
    require_equal(got, right, likely, "Cut, reorder, and put back together.", case="")
    return "Every patch whole, in a new place."


@exercise("10.3 Whom nobody beats")
def check_frontier(attempt: Callable[[Points], set[str]]) -> str:
    """Judge a function {name: (price, worth)} -> the names that no other beats."""
    cases: list[tuple[Points, set[str], dict[str, set[str]]]] = [
        (
            {"a": (1, 50), "b": (2, 70), "c": (3, 60), "d": (4, 90)},
            {"a", "b", "d"},
            {
                "Only the best was kept: cheaper ones may stay too.": {"d"},
                "Only the cheapest was kept.": {"a"},
                "c stayed: b costs less and is worth more.": {"a", "b", "c", "d"},
                "Price was taken for something good.": {"d", "c", "b"},
            },
        ),
        (
            {"a": (1, 50), "b": (1, 60), "c": (2, 60)},
            {"b"},
            {
                "One that costs more for the same worth is beaten.": {"b", "c"},
                "At the same price the one that is worth less is beaten.": {"a", "b"},
                "Level in price or in worth, the better in the other beats.": {"a", "b", "c"},
            },
        ),
    ]
    for points, right, likely in cases:
        got = set(attempt(points))
        if got != right:
            words = next((w for w, wrong in likely.items() if got == wrong), "")
            raise Mistake(f"Of {dict(points)}: {sorted(got)} instead of {sorted(right)}. {words}")
    return "These are the ones worth choosing from."


@exercise("10.4 Orders that every seed agrees on")
def check_stable(attempt: Callable[[Mapping[str, Sequence[float]]], Pairs]) -> str:
    """Judge a function {name: a score a seed} -> the pairs (better, worse) that all seeds show."""
    scores = {"a": [90, 80, 70], "b": [85, 75, 65], "c": [86, 82, 60], "d": [85, 70, 65]}
    right = {("a", "b"), ("a", "d")}
    got = set(attempt(scores))
    if got == right:
        return "a is ahead of b on each seed, though b's best is above a's worst."
    means = {name: sum(each) / 3 for name, each in scores.items()}
    wrong = {
        "Means were compared: ask seed by seed.": {
            (a, b) for a in means for b in means if means[a] > means[b]
        },
        "A tie is not ahead: b and d are level on two seeds.": right | {("b", "d")},
        "The worst of one against the best of the other asks too much: a seed is shared.": set(),
        "The pairs are (better, worse), not the other way round.": {(b, a) for a, b in right},
        "One seed is not enough.": {
            (a, b)
            for a in scores
            for b in scores
            if any(x > y for x, y in zip(scores[a], scores[b], strict=True))
        },
    }
    words = next((w for w, pairs in wrong.items() if got == pairs), "Ask each seed for each pair.")
    raise Mistake(f"Of {scores}: {sorted(got)} instead of {sorted(right)}. {words}")


@exercise("10.5 A mixer of your own")
def check_mixer(attempt: Callable[[PatchGrid, int], nn.Module]) -> str:
    """Judge a function (grid, dim) -> a layer (b, n, d) -> (b, n, d) that mixes places."""
    torch.manual_seed(0)
    mixer = attempt(PatchGrid(8, 2, 1), 12)
    if not isinstance(mixer, nn.Module):
        raise Mistake(f"Return an nn.Module, not {type(mixer).__name__}.")
    mixer.eval()
    tokens = torch.randn(3, 16, 12)
    given = tokens.clone()
    out = require_shape(mixer(tokens), tokens.shape)
    if not torch.equal(tokens, given):
        raise Mistake("It changed the tokens it was given: the shell adds them afterwards.")
    refuse(out, {"It gives back what came in: then the shell only doubles it.": tokens})
    changed = tokens.clone()
    changed[0, 5] += 1
    moved = (mixer(changed) - out).abs().amax(dim=2)
    if float(moved[1:].max()) > 1e-6:
        raise Mistake("One image heard of another in the batch: mix along the tokens only.")
    if not (moved[0] > 1e-6).any():
        raise Mistake("Patch 5 was changed and nothing heard of it.")
    others = torch.cat([moved[0, :5], moved[0, 6:]])
    if not (others > 1e-6).any():
        raise Mistake("Patch 5 was changed and no other place heard of it: that mixes nothing.")
    heard = int((others > 1e-6).sum())
    learned = sum(p.numel() for p in mixer.parameters())
    return f"{heard} of 15 other places hear of a patch; {learned:,} parameters."
