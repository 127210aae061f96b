"""Chapter 02's checks name the mistake in wrong attempts; right ones are tried with the chapter."""

import math

import pytest
import torch
from torch import nn

from companion.exercises import ch02_transformer as checks
from companion.models import Transformer
from companion.parts import causal_mask, sinusoids


def attention(q, k, v, attn_mask, *, scale=None, axis=-1, fill=-1e9, blind=0.0):
    scores = q @ k.mT / (scale or math.sqrt(q.shape[-1]))
    weights = scores.masked_fill(~attn_mask, fill).softmax(dim=axis)
    return (weights if blind is None else weights.masked_fill(~attn_mask, blind)) @ v


def unsoftened(q, k, v, attn_mask):
    return (q @ k.mT / 4 * attn_mask) @ v


def masked_late(q, k, v, attn_mask):
    return ((q @ k.mT / 4).softmax(dim=-1) * attn_mask) @ v


def one_mask_for_all(q, k, v, attn_mask):
    return attention(q, k, v, attn_mask if attn_mask.ndim == 2 else attn_mask[:1, :1])


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda *args: attention(*args, scale=1.0), "square root of e"),
        (lambda *args: attention(*args, scale=16.0), "not by e"),
        (lambda *args: attention(*args, axis=-2, fill=-1e9), "over queries"),
        (lambda q, k, v, m: attention(k, q, v, m), "changed places"),
        (unsoftened, "softmax is missing"),
        (lambda *args: torch.rand_like(args[2]), "numbers wrong"),
        (lambda q, k, v, m: attention(q, k, v, torch.ones_like(m)), "changes nothing"),
        (lambda q, k, v, m: attention(q, k, v, m if m.all() else ~m), "wrong way round"),
        (masked_late, "no longer sum to one"),
        (lambda *args: attention(*args, fill=-math.inf, blind=None), "gets nan"),
        (lambda *args: attention(*args, blind=None), "mean of all values"),
        (one_mask_for_all, "for each head"),
        (lambda q, k, v, m: attention(q, k, v, m)[:, 0], "Expected shape"),
    ],
)
def test_attention(attempt, words):
    result = checks.check_attention(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_attention(attention).passed


def window(tokens, window, *, least=0, most=0, both=False):
    place = torch.arange(tokens)
    back = place[:, None] - place[None]
    back = back.abs() if both else back
    return (back >= least) & (back <= window + most)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda n, w: ~window(n, w), "the reverse"),
        (lambda n, w: window(n, w).mT, "into the future"),
        (lambda n, w: window(n, w, both=True), "both ways"),
        (lambda n, w: window(n, w, most=-1), "too few"),
        (lambda n, w: window(n, w, most=1), "too many"),
        (lambda n, _: causal_mask(n), "out of sight"),
        (lambda n, w: window(n, w, least=1), "attend to itself"),
        (lambda n, w: window(n, w).float(), "make it boolean"),
        (lambda n, w: window(n + 1, w), "Expected shape"),
        (lambda n, _: torch.ones(n, n).bool(), "entries are wrong"),
    ],
)
def test_window_mask(attempt, words):
    result = checks.check_window_mask(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_window_mask(window).passed


def count(source, target, dim, depth, *, forget=None, tied=True):
    norm, attend = 2 * dim, 4 * dim * dim
    parts = {
        "source": source * dim,
        "target": target * dim,
        "bias": target,
        "last norms": 2 * norm,
        "norms": depth * 5 * norm,
        "attention biases": depth * 12 * dim,
        "attention": depth * 2 * attend,
        "cross": depth * attend,
        "mlp": depth * 2 * (8 * dim * dim + 5 * dim),
    }
    total = sum(size for name, size in parts.items() if name != forget)
    return total if tied else total + target * dim


@pytest.mark.parametrize(
    ("forget", "words"),
    [
        ("source", "source's embedding"),
        ("target", "target's embedding"),
        ("bias", "output layer's bias"),
        ("last norms", "end of the encoder"),
        ("norms", "five for both"),
        ("attention biases", "biases of the attentions"),
        ("mlp", "by name"),
    ],
)
def test_parameter_count(forget, words):
    result = checks.check_parameter_count(lambda *sizes: count(*sizes, forget=forget))
    assert result.passed is False
    assert words in result.message
    assert "too few" in result.message
    assert checks.check_parameter_count(count).passed
    untied = checks.check_parameter_count(lambda *sizes: count(*sizes, tied=False))
    assert "count it once" in untied.message
    assert checks.check_parameter_count(lambda *_: 94_000).passed is False


def shift(dim, distance, *, sign=1.0, halves=False):
    matrix = torch.zeros(dim, dim)
    for i in range(dim // 2):
        angle = sign * distance / 10_000 ** (2 * i / dim)
        sin, cos = math.sin(angle), math.cos(angle)
        pair = [i, i + dim // 2] if halves else [2 * i, 2 * i + 1]
        matrix[pair[0], pair] = torch.tensor([cos, sin])
        matrix[pair[1], pair] = torch.tensor([-sin, cos])
    return matrix


def from_place_zero(dim, distance):
    table = sinusoids(distance + 1, dim)
    return torch.outer(table[distance], table[0]) / table[0].square().sum()


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda *args: shift(*args).mT, "Transposed"),
        (lambda *args: shift(*args, halves=True), "are a pair"),
        (from_place_zero, "place 0 alone"),
        (lambda dim, _: torch.eye(dim), "no place"),
        (lambda dim, _: torch.eye(dim + 1), "Expected shape"),
    ],
)
def test_shift(attempt, words):
    result = checks.check_shift(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_shift(shift).passed


class Places(nn.Module):
    def __init__(self, places, dim, *, start=0.02, heed=True, add=True):
        super().__init__()
        self.table = nn.Parameter(start * torch.randn(places, dim))
        self.heed, self.add = heed, add

    def forward(self, tokens, first=0):
        first = first if self.heed else 0
        own = self.table[first : first + tokens.shape[1]]
        return tokens + own if self.add else own.expand_as(tokens)


def learned(model, max_length, dim, **changes):
    model.positions = Places(max_length, dim, **changes)
    return model


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda model, *_: model, "No parameter came in"),
        (lambda model, length, dim: learned(model, length + 1, dim), "208 new parameters"),
        (lambda *args: learned(*args, start=0.0), "same vector"),
        (lambda *args: learned(*args, heed=False), "`first` is ignored"),
        (lambda *args: learned(*args, add=False), "added to the tokens"),
        (lambda model, *_: model.positions, "not SinusoidalPositions"),
    ],
)
def test_learned_positions(attempt, words):
    result = checks.check_learned_positions(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_learned_positions(learned).passed


def test_the_count_is_that_of_the_model():
    model = Transformer(29, 31, dim=56, depth=1, heads=4, max_length=9)
    assert sum(p.numel() for p in model.parameters()) == count(29, 31, 56, 1)
