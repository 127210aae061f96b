"""Chapter 03's checks name the mistake in wrong attempts; right ones are tried with the chapter."""

import pytest
import torch

from companion.exercises import ch03_captioning as checks
from companion.inspection import centre_of, share_on


def look(hidden, cells, W, U, v, *, axis=1, squash=torch.tanh, soft=True, weigh=True):
    scores = squash((hidden @ W.T)[:, None] + cells @ U.T) @ v
    weights = scores.softmax(dim=axis) if soft else scores
    return (weights[..., None] * cells).sum(dim=1) if weigh else cells.mean(dim=1)


def strongest(hidden, cells, W, U, v):
    scores = torch.tanh((hidden @ W.T)[:, None] + cells @ U.T) @ v
    return cells[torch.arange(len(cells)), scores.argmax(dim=1)]


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda *args: look(*args, axis=0), "dim=1"),
        (lambda *args: look(*args, squash=lambda x: x), "tanh is missing"),
        (lambda *args: look(*args, soft=False), "softmax is missing"),
        (lambda *args: look(*args, weigh=False), "All cells count the same"),
        (strongest, "strongest cell alone"),
        (lambda _, cells, *__: cells.sum(dim=1), "without dividing"),
        (lambda _, cells, *__: cells, r"Expected shape (2, 3), got (2, 7, 3)"),
        (lambda _, cells, *__: cells[:, 0], "the values are not"),
        (lambda *_: 3, "got int"),
    ],
)
def test_look(attempt, words):
    result = checks.check_look(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_look(look).passed


def covered(masks):
    return masks.float().reshape(3, 4, 4, 4, 4)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda heat, masks: share_on(heat, masks) * 16, "too large by 16"),
        (lambda heat, masks: (heat * (covered(masks).amax((2, 4)) > 0)).sum((1, 2)), "touches"),
        (lambda _, masks: masks.float().mean((1, 2)), "the map is not in it"),
        (lambda heat, masks: share_on(heat, masks.mT), "transposed"),
        (lambda heat, masks: share_on(heat, masks) / 16, "add"),
        (lambda heat, _: heat, "Expected shape (3,), got (3, 4, 4)"),
        (lambda *_: torch.zeros(3), "what share of each cell"),
    ],
)
def test_share(attempt, words):
    result = checks.check_share(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_share(share_on).passed


def penalty(heat, said):
    total = (heat * said[:, :, None, None]).sum(dim=1)
    return ((1 - total) ** 2).sum(dim=(1, 2)).mean()


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda heat, said: penalty(heat, torch.ones_like(said)), "never said"),
        (
            lambda heat, said: (
                ((1 - (heat * said[:, :, None, None]).sum((2, 3))) ** 2).sum(1).mean()
            ),
            "Sum over the words for each cell",
        ),
        (
            lambda heat, said: (1 - (heat * said[:, :, None, None]).sum(1)).sum((1, 2)).mean(),
            "square is missing",
        ),
        (lambda heat, said: penalty(heat, said) / 9, "nine times too small"),
        (lambda heat, said: penalty(heat, said) * 2, "instead of their mean"),
        (lambda *_: torch.zeros(2), "One number for each picture"),
        (lambda *_: torch.zeros(()), "One number, but another"),
        (lambda *_: 0.5, "got float"),
    ],
)
def test_penalty(attempt, words):
    result = checks.check_penalty(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_penalty(penalty).passed


def relation(first, second, *, swap=False, centre=centre_of):
    down, across = (centre(second) - centre(first)).abs().T
    upright = (down < across) if swap else (down > across)
    return ["above" if up else "left of" for up in upright.tolist()]


def peak(heat):
    at = heat.flatten(1).argmax(dim=1)
    return torch.stack([at // 8, at % 8], dim=1).float()


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda first, second: relation(first, second, swap=True), "wrong way round"),
        (lambda first, second: relation(first, second, centre=peak), "strongest cell alone"),
        (lambda *_: ["above"] * 4, "Always 'above'"),
        (lambda *_: ["above", "below", "above", "left of"], "'below'] is no relation"),
        (lambda *_: ["above", "above", "above", "left of"], "larger distance decides"),
        (lambda *_: "above", "Expected a list of 4 texts"),
    ],
)
def test_relation(attempt, words):
    result = checks.check_relation(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_relation(relation).passed
