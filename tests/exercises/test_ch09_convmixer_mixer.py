"""Chapter 09's checks name the mistake in wrong attempts; right ones are tried with the chapter."""

import pytest

from companion.exercises import ch09_convmixer_mixer as checks


def refused(result, words):
    assert result.passed is False
    assert words in result.message


def width(n, d, k, e, *, norms=4, more=0):
    c = k * k * d + d * d + 2 * d + norms * d
    return round((c - n - 5 * d - (2 * d + 1) * e) / (2 * n + 1)) + more


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda *s: width(*s, norms=0), "batch normalisations"),
        (lambda *s: float(width(*s)), "whole number"),
        (lambda *s: width(*s, more=500), "set k²d"),
        (
            lambda n, d, k, e: round(
                (k * k * d * d + d * d + 6 * d - n - 5 * d - (2 * d + 1) * e) / (2 * n + 1)
            ),
            "depthwise",
        ),
    ],
)
def test_token_dim(attempt, words):
    refused(checks.check_token_dim(attempt), words)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda w, k, s: min(s, 1 + 2 * (k // 2) * len(w)) ** 2, "one way only"),
        (lambda w, k, s: min(s, 1 + (k // 2) * len(w)), "not of a row"),
        (lambda w, k, s: min(s, 1 + (k // 2) * len(w)) ** 2, "hears of all"),
        (lambda w, k, s: s * s if "m" in w else (1 + k // 2) ** 2, "reaches further"),
    ],
)
def test_heard(attempt, words):
    refused(checks.check_heard(attempt), words)


def pushed(tokens, side, down, right):
    table = tokens.unflatten(1, (side, side))
    return table.roll((down, right), dims=(1, 2)).flatten(1, 2)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda t, s, d, r: pushed(t, s, r, d), "exchanged"),
        (lambda t, s, d, r: pushed(t, s, -d, -r), "the other way"),
        (lambda t, s, d, r: pushed(t, s, d + 1, r + 1), "Lay the tokens out"),
        (lambda t, *_: t, "Nothing has moved"),
        (lambda t, s, d, r: t.roll(s * d + r, dims=1), "comes into the next"),
    ],
)
def test_moved(attempt, words):
    refused(checks.check_moved(attempt), words)


def frozen(model, letter, *, count=True):
    for kind, block in zip(model.kinds, model.blocks, strict=True):
        if kind == letter:
            block.requires_grad_(False)
    return sum(p.numel() for p in model.parameters() if p.requires_grad == count)


def all_frozen(model, letter):
    model.blocks.requires_grad_(False)
    return 0


def nothing_else(model, letter):
    model.head.requires_grad_(False)
    return frozen(model, letter)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda m, _: sum(p.numel() for p in m.parameters()), "still learn: requires_grad_"),
        (all_frozen, "other kind"),
        (nothing_else, "the head should learn"),
        (lambda m, k: frozen(m, k, count=False), "how many are frozen"),
        (lambda m, k: frozen(m, k) + 1, "count numbers"),
    ],
)
def test_freeze(attempt, words):
    refused(checks.check_freeze(attempt), words)
