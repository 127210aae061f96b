"""Chapter 07's checks name the mistake in wrong attempts; right ones are tried with the chapter."""

import pytest
import torch

from companion.exercises import ch07_mixer_vit as checks


def refused(result, words):
    assert result.passed is False
    assert words in result.message


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda n, d: round((4 * d * d - n) / (2 * n + 1)), "biases are missing"),
        (lambda n, d: round((3 * d * d + 3 * d - n) / (2 * n + 1)), "output projection"),
        (lambda n, d: (4 * d * d + 4 * d - n) / (2 * n + 1), "whole number"),
        (lambda *_: 5, "solve for h"),
    ],
)
def test_token_dim(attempt, words):
    refused(checks.check_token_dim(attempt), words)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda n, d, h: 8 * n * d**2 / (4 * n * d * h), "two products"),
        (lambda n, d, h: 4 * n * d * h / (8 * n * d**2 + 4 * n * n * d), "upside down"),
        (lambda n, d, h: (8 * n * d**2 + 4 * n * n * d) / (2 * n * d * h), "two layers"),
        (lambda *_: 1.0, "It should be"),
    ],
)
def test_cheaper(attempt, words):
    refused(checks.check_cheaper(attempt), words)


def inks(cards, colours):
    return torch.stack([(cards.colours == ink).sum(dim=1) for ink in range(colours)], dim=1)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda cards: inks(cards, 5).argmax(dim=1), "White is no answer"),
        (lambda cards: inks(cards, 4).argmin(dim=1), "rarest"),
        (lambda cards: torch.zeros(len(cards), dtype=torch.long), "Count"),
        (lambda cards: cards.guesses, "Expected shape (50,)"),
    ],
)
def test_guesses(attempt, words):
    refused(checks.check_guesses(attempt), words)


def mask(classes, colours, *, same=True, inked=True):
    weights = torch.ones(*classes.shape, classes.shape[1])
    if same:
        weights = weights * (classes[:, :, None] == classes[:, None, :])
    if inked:
        weights = weights * (colours != 4)[:, None, :]
    return weights / weights.sum(dim=2, keepdim=True).clamp_min(1)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda k, c: mask(k, c, inked=False), "matches itself"),
        (lambda k, c: mask(k, c, same=False), "Match the digits"),
        (lambda k, c: 2 * mask(k, c), "do not sum to one"),
        (lambda k, _: torch.full((*k.shape, 4), 0.25), "at least 0.99"),
    ],
)
def test_weights(attempt, words):
    refused(checks.check_weights(attempt), words)
