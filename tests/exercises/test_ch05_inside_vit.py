"""Chapter 05's checks name the mistake in wrong attempts; right ones are tried with the chapter."""

import pytest
import torch

from companion.exercises import ch05_inside_vit as checks
from companion.inspection import patch_distances


def query(weights, y, x, columns, *, first=1, keys=slice(1, None), across=False):
    token = first + y * columns + x
    row = weights[:, :, keys, token] if across else weights[:, :, token, keys]
    return row.reshape(*row.shape[:2], -1, columns)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda *args: query(*args, first=0), "patches count from 1"),
        (lambda *args: query(*args, across=True), "take the row"),
        (lambda w, y, x, c: query(w, x, y, c), "exchanged"),
        (lambda *args: query(*args, keys=slice(None, -1)), "leave it out"),
        (lambda w, *_: w[:, :, 0, 1:].reshape(2, 3, 3, 4), "the class token's map"),
        (lambda w, y, x, c: query(w, y, x, c).reshape(2, 3, 4, 3).mT, "transposed"),
        (lambda w, y, x, c: query(w, y, x, c).flatten(2), r"Expected shape (2, 3, 3, 4), got"),
        (lambda *_: torch.zeros(2, 3, 3, 4), "the values are not"),
        (lambda *_: 3, "got int"),
    ],
)
def test_query(attempt, words):
    result = checks.check_query(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_query(query).passed


def rollout(layers, *, keep=0.5, take=0.5, turn=False, fuse=lambda w: w.mean(dim=0)):
    own = torch.eye(layers[0].shape[-1])
    joint = own
    for weights in reversed(layers) if turn else layers:
        joint = (keep * own + take * fuse(weights)) @ joint
    return joint


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda layers: rollout(layers, turn=True), "order is reversed"),
        (lambda layers: rollout(layers, keep=0.0, take=1.0), "residual connection is missing"),
        (lambda layers: rollout(layers, keep=1.0, take=1.0), "Rows sum to 8"),
        (lambda layers: rollout(layers[-1:]), "last layer alone"),
        (lambda layers: torch.stack([rollout([w]) for w in layers]).prod(0), "use @"),
        (lambda layers: sum(rollout([w]) for w in layers), "the sum of the layers"),
        (lambda layers: rollout(layers, fuse=lambda w: w.amax(dim=0)), "mean of the heads"),
        (lambda layers: rollout(layers, keep=0.4, take=0.6), "the values are not"),
        (lambda layers: layers[0], "Expected shape (5, 5), got (2, 5, 5)"),
    ],
)
def test_rollout(attempt, words):
    result = checks.check_rollout(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_rollout(rollout).passed


def distance(weights, columns, patch_size, *, cut=slice(1, None), along=1, apart=None):
    weights = weights[cut, cut]
    if along is not None:
        weights = weights / weights.sum(dim=along, keepdim=True)
    if apart is None:
        apart = patch_distances(len(weights) // columns, columns, patch_size=patch_size)
    return (weights * apart).sum(dim=1).mean()


def blocks():
    y, x = torch.arange(12) // 4, torch.arange(12) % 4
    return 5.0 * ((y[:, None] - y).abs() + (x[:, None] - x).abs())


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda *args: distance(*args, along=None), "class token is missing"),
        (lambda w, c, _: distance(w, c, 1), "multiply by patch_size"),
        (lambda *args: distance(*args, apart=blocks()), "straight one"),
        (lambda *args: distance(*args, apart=patch_distances(3, 4, patch_size=5) ** 2), "root"),
        (lambda *args: distance(*args, cut=slice(None, -1)), "you left out the last"),
        (lambda *args: distance(*args, along=0), "dim=1"),
        (lambda w, _, p: distance(w, 3, p), "`columns` patches in a row"),
        (lambda *args: distance(*args) * 12, "not their mean"),
        (lambda *args: distance(*args) / 12, "mean over all pairs"),
        (lambda *_: patch_distances(3, 4, patch_size=5).mean(), "does not depend"),
        (lambda *_: 1.0, "1.000 pixels is not"),
        (lambda *_: torch.zeros(12), "Expected shape (), got (12,)"),
    ],
)
def test_distance(attempt, words):
    result = checks.check_distance(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_distance(distance).passed
    assert checks.check_distance(lambda *args: distance(*args).item()).passed


def hide(images, heat, count, patch_size, colour, *, whole=True, weakest=False):
    chosen = heat.flatten(1).topk(count, dim=1, largest=not weakest).indices
    painted = images.clone()
    for image, patches in zip(painted, chosen.tolist(), strict=True):
        for patch in patches:
            top, left = (patch_size * at for at in divmod(patch, heat.shape[2]))
            high = patch_size if whole else 1
            image[:, top : top + high, left : left + patch_size] = colour[:, None, None]
    return painted


def in_place(images, *args):
    return images.copy_(hide(images, *args))


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda *args: hide(*args, weakest=True), "weakest patches are hidden"),
        (lambda i, h, *rest: hide(i, h[:1].expand_as(h), *rest), "each has its own map"),
        (lambda i, h, n, *rest: hide(i, h, n - 1, *rest), "[4, 4] patches are hidden"),
        (lambda *args: hide(*args, whole=False), "in part"),
        (lambda i, h, n, p, c: hide(i, h, n, p, c * 0), "another colour"),
        (lambda i, h, n, p, c: hide(i, torch.rand_like(h), n, p, c), "not the strongest"),
        (lambda images, *_: images.clone(), "Nothing is hidden"),
        (in_place, "paint a copy"),
        (lambda images, *_: images[:, 0], "Expected shape"),
    ],
)
def test_hide(attempt, words):
    result = checks.check_hide(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_hide(hide).passed
