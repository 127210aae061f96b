"""Chapter 10's checks name the mistake in wrong attempts; right ones are tried with the chapter."""

import pytest
import torch
from torch import nn

from companion.exercises import ch10_bake_off as checks
from companion.parts import NoMixing, PatchGrid, ShiftMixing, from_patches, to_patches


def above(count, wanted):
    """The first width whose count is at least the one wanted."""
    low, high = 1, 1
    while count(high) < wanted:
        high *= 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if count(middle) >= wanted else (middle + 1, high)
    return low


def closest(count, wanted):
    width = above(count, wanted)
    beside = max(1, width - 1)
    return beside if wanted - count(beside) <= count(width) - wanted else width


def slow(count, wanted):
    return min(range(1, 1_100), key=lambda width: abs(count(width) - wanted))


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (above, "one step too far"),
        (lambda count, wanted: max(1, above(count, wanted) - 1), "look at the width beside it"),
        (slow, "halve the range"),
        (lambda count, _: count(0), "a width is at least 1"),
    ],
)
def test_width(attempt, words):
    result = checks.check_width(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_width(closest).passed


def reorder(images, patch_size, order, *, turn=lambda patches: patches):
    patches = to_patches(images, patch_size)[:, order]
    return from_patches(turn(patches), PatchGrid(images.shape[-1], patch_size))


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda x, p, order: reorder(x, p, order.argsort()), "place i is to show patch order[i]"),
        (lambda x, *_: x, "Nothing has moved"),
        (
            lambda x, p, order: reorder(
                x, p, order, turn=lambda t: t.unflatten(2, (3, 2, 2)).mT.flatten(2)
            ),
            "exchanged within the patches",
        ),
        (lambda x, p, order: reorder(x.mT, p, order).mT, "Cut, reorder"),
        (lambda x, p, _: to_patches(x, p), "got (2, 16, 12)"),
    ],
)
def test_shuffle(attempt, words):
    result = checks.check_shuffle(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_shuffle(reorder).passed


def unbeaten(points, *, beats):
    return {
        n for n, p in points.items() if not any(beats(o, p) for m, o in points.items() if m != n)
    }


def beaten(a, b):
    return a[0] <= b[0] and a[1] >= b[1] and a != b


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda points: {max(points, key=lambda n: points[n][1])}, "Only the best was kept"),
        (lambda points: {min(points, key=lambda n: points[n][0])}, "Only the cheapest was kept"),
        (lambda points: set(points), "c stayed"),
        (
            lambda points: unbeaten(points, beats=lambda a, b: a[0] >= b[0] and a[1] >= b[1]),
            "instead of ['a', 'b', 'd']",
        ),
        (
            lambda points: unbeaten(points, beats=lambda a, b: a[0] < b[0] and a[1] > b[1]),
            "Level in price or in worth",
        ),
        (
            lambda points: unbeaten(points, beats=lambda a, b: a[0] <= b[0] and a[1] > b[1]),
            "costs more for the same worth",
        ),
    ],
)
def test_frontier(attempt, words):
    result = checks.check_frontier(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_frontier(lambda points: unbeaten(points, beats=beaten)).passed


def pairs(scores, ahead):
    return {(a, b) for a in scores for b in scores if a != b and ahead(scores[a], scores[b])}


def each(one, other):
    return all(x > y for x, y in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (lambda a, b: sum(a) > sum(b), "Means were compared"),
        (lambda a, b: all(x >= y for x, y in zip(a, b, strict=True)), "A tie is not ahead"),
        (lambda a, b: min(a) > max(b), "asks too much"),
        (lambda a, b: each(b, a), "not the other way round"),
        (lambda a, b: any(x > y for x, y in zip(a, b, strict=True)), "One seed is not enough"),
        (lambda _, b: b[0] == 86, "Ask each seed"),
    ],
)
def test_stable(ahead, words):
    result = checks.check_stable(lambda scores: pairs(scores, ahead))
    assert result.passed is False
    assert words in result.message
    assert checks.check_stable(lambda scores: pairs(scores, each)).passed


class Layer(nn.Module):
    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, tokens):
        return self.change(tokens)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x[:, :1], "got (3, 1, 12)"),
        (lambda x: x, "only doubles"),
        (lambda x: x.add_(1), "changed the tokens"),
        (lambda x: x.mean(dim=0, keepdim=True).expand_as(x), "One image heard of another"),
        (torch.sin, "no other place heard"),
        (torch.zeros_like, "nothing heard"),
    ],
)
def test_mixer(change, words):
    result = checks.check_mixer(lambda *_: Layer(change))
    assert result.passed is False
    assert words in result.message
    result = checks.check_mixer(lambda grid, _: ShiftMixing(grid))
    assert result.passed
    assert "4 of 15 other places" in result.message
    assert checks.check_mixer(lambda *_: NoMixing()).passed is False
    assert "an nn.Module" in checks.check_mixer(lambda *_: 3).message
