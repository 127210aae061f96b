"""Chapter 08's checks name the mistake in wrong attempts; right ones are tried with the chapter."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from companion.exercises import ch08_convmixer as checks


def conv(image, kernels, **changes):
    sizes = {"padding": kernels.shape[-1] // 2, "groups": len(kernels)} | changes
    return F.conv2d(image, kernels[:, None], **sizes)


def padded(image, kernels, mode):
    half = kernels.shape[-1] // 2
    return conv(F.pad(image, (half,) * 4, mode=mode), kernels, padding=0)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda image, kernels: conv(image, kernels.flip(1, 2)), "turned over"),
        (lambda image, kernels: conv(image, kernels.mT), "transposed"),
        (
            lambda image, kernels: conv(image, kernels).sum(1, keepdim=True).expand(-1, 3, -1, -1),
            "a full convolution",
        ),
        (lambda image, kernels: conv(image, kernels[:1].expand_as(kernels)), "the first kernel"),
        (lambda image, kernels: padded(image, kernels, "circular"), "the other side"),
        (lambda image, kernels: padded(image, kernels, "replicate"), "repeated"),
        (lambda image, kernels: conv(image, kernels, padding=0), "got (2, 3, 4, 5)"),
        (lambda image, _: image, "Some sums are wrong"),
    ],
)
def test_depthwise(attempt, words):
    result = checks.check_depthwise(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_depthwise(conv).passed


def count(grid, dim, depth, kernel_size, num_classes, *, forget=()):
    parts = {
        "embedding": grid.patch_dim * dim,
        "embedding's bias": dim,
        "embedding's norm": 2 * dim,
        "kernels": depth * kernel_size**2 * dim,
        "pointwise": depth * dim * dim,
        "biases": depth * 2 * dim,
        "norms": depth * 4 * dim,
        "head": dim * num_classes,
        "head's bias": num_classes,
    }
    return sum(size for name, size in parts.items() if name not in forget)


@pytest.mark.parametrize(
    ("forget", "words"),
    [
        (["embedding's bias"], "the bias of the patch embedding"),
        (["embedding's norm"], "behind the patch embedding"),
        (["norms"], "two norms in every block"),
        (["biases"], "the two biases"),
        (["head's bias"], "the head's bias"),
        (["norms", "embedding's norm"], "the norms: a scale"),
        (["biases", "embedding's bias"], "a bias in every convolution"),
        (["pointwise"], "a block's parameters, by name"),
    ],
)
def test_count(forget, words):
    result = checks.check_count(lambda *sizes: count(*sizes, forget=forget))
    assert result.passed is False
    assert words in result.message
    assert "too few" in result.message
    assert checks.check_count(count).passed


def test_full_kernels_are_too_many():
    def attempt(grid, dim, depth, kernel_size, num_classes):
        right = count(grid, dim, depth, kernel_size, num_classes)
        return right + depth * kernel_size**2 * dim * (dim - 1)

    assert "one a channel, not dim" in checks.check_count(attempt).message


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda d, k, _: d * (k - 1) + 1, "not pixels"),
        (lambda d, k, p: p * d * k, "not kernel_size"),
        (lambda d, k, p: p * d * (k - 1), "itself"),
        (lambda d, k, p: p * (d * (k // 2) + 1), "both sides"),
        (lambda d, k, p: p * k**d, "does not multiply"),
        (lambda d, k, p: d * (k - 1) + p, "whole patch"),
        (lambda *_: -1, "Start with one block"),
    ],
)
def test_reach(attempt, words):
    result = checks.check_reach(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_reach(lambda d, k, p: p * (d * (k - 1) + 1)).passed


def linear(weight, bias):
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data, layer.bias.data = weight.detach().clone(), bias.detach().clone()
    return layer


def folded(model, *, weight=None, bias=None):
    norm, head = model.blocks[-1].channel[2], model.head
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    right = head.weight * scale, head.bias + head.weight @ (norm.bias - norm.running_mean * scale)
    parts = SimpleNamespace(n=norm, h=head, s=scale)
    return linear(weight(parts) if weight else right[0], bias(parts) if bias else right[1])


def replaced(model):
    model.head = folded(model)
    return model.head


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda model: model, "not ConvMixer"),
        (replaced, "The model was changed"),
        (
            lambda m: folded(
                m, weight=lambda p: p.h.weight * p.n.weight / (p.n.running_var + p.n.eps)
            ),
            "is a square",
        ),
        (
            lambda m: folded(m, weight=lambda p: p.h.weight / (p.n.running_var + p.n.eps).sqrt()),
            "own scale",
        ),
        (lambda m: folded(m, weight=lambda p: p.h.weight * p.n.weight), "deviation is missing"),
        (lambda m: folded(m, weight=lambda p: p.h.weight), "Nothing is folded"),
        (lambda m: folded(m, weight=lambda p: p.h.weight + 1), "Each column"),
        (
            lambda m: folded(m, bias=lambda p: p.h.weight @ (p.n.bias - p.n.running_mean * p.s)),
            "own bias is missing",
        ),
        (lambda m: folded(m, bias=lambda p: p.h.bias), "passes through"),
        (
            lambda m: folded(m, bias=lambda p: p.h.bias + p.h.weight @ p.n.bias),
            "running mean is missing",
        ),
        (
            lambda m: folded(
                m, bias=lambda p: p.h.bias + p.h.weight @ (p.n.bias + p.n.running_mean * p.s)
            ),
            "subtracted, not added",
        ),
        (lambda m: folded(m, bias=lambda p: p.h.bias + 1), "input is zero"),
        (lambda _: nn.Linear(6, 4, bias=False), "needs a bias"),
    ],
)
def test_fold(attempt, words):
    result = checks.check_fold(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_fold(folded).passed


def stem(grid, dim, **changes):
    patch = grid.patch_size
    sizes = {"stride": patch, "padding": patch // 2} | changes
    return nn.Conv2d(grid.channels, dim, changes.pop("kernel_size", 2 * patch), **sizes)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda grid, dim: nn.Linear(grid.patch_dim, dim), "not Linear"),
        (lambda grid, dim: nn.Conv2d(grid.channels, dim, 2, 2), "twice the patch is 4"),
        (lambda grid, dim: stem(grid, dim, padding=0), "pad by half a patch"),
        (lambda grid, dim: stem(grid, dim, stride=1), "move by one patch"),
        (lambda grid, dim: stem(grid, dim + 1), "got (2, 13, 8, 8)"),
    ],
)
def test_overlap(attempt, words):
    result = checks.check_overlap(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_overlap(stem).passed


def test_weights_of_zero_are_noticed():
    def attempt(grid, dim):
        layer = stem(grid, dim)
        nn.init.zeros_(layer.weight)
        return layer

    torch.manual_seed(0)
    assert "weights are zero" in checks.check_overlap(attempt).message
