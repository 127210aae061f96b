"""Chapter 01's checks name the mistake in wrong attempts; right ones are tried with the chapter."""

# ruff: noqa: ARG005 - an attempt may ignore what it is given

import math

import pytest
import torch

from companion.exercises import ch01_why_attention as checks


def says(result, words):
    assert result.passed is False, result.message
    assert words in result.message


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda q, k, v: (k @ q) @ v, "softmax is missing"),
        (lambda q, k, v: (k @ q).softmax(0) @ k, "keys are averaged"),
        (lambda q, k, v: (k @ q) / (k @ q).sum() @ v, "may be negative"),
        (lambda q, k, v: v[(k @ q).argmax()], "Only the best"),
        (lambda q, k, v: (k @ q / math.sqrt(3)).softmax(0) @ v, "chapter 2"),
        (lambda q, k, v: v.mean(0), "weigh alike"),
        (lambda q, k, v: (k @ q).softmax(0), r"Expected shape (3,), got (5,)"),
        (lambda q, k, v: (v @ q).softmax(0) @ v, "score every key"),
    ],
)
def test_attend(attempt, words):
    says(checks.check_attend(attempt), words)


def softmax_where(hide):
    return lambda scores, lengths: hide(
        scores, torch.arange(scores.shape[1]) < lengths[:, None]
    ).softmax(-1)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (softmax_where(lambda s, attn_mask: s), "lengths are not used"),
        (
            lambda s, n: s.softmax(-1) * (torch.arange(6) < n[:, None]),
            "rows no longer sum to one",
        ),
        (softmax_where(lambda s, attn_mask: s * attn_mask), "exp(0) is 1"),
        (
            lambda s, n: s.masked_fill(torch.arange(6) >= n[:, None], -torch.inf).softmax(0),
            "over the batch",
        ),
        (
            lambda s, n: s.masked_fill(torch.arange(6) > n[:, None], -torch.inf).softmax(-1),
            "One position too many",
        ),
        (lambda s, n: torch.zeros(3, 6), "rows sum to"),
    ],
)
def test_masked_weights(attempt, words):
    says(checks.check_masked_weights(attempt), words)


def test_a_mask_upside_down():
    def attempt(scores, lengths):
        attn_mask = torch.arange(6) < lengths[:, None]
        return scores.masked_fill(attn_mask, -1e30).softmax(-1) * ~attn_mask

    says(checks.check_masked_weights(attempt), "upside down")


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda n, w: math.ceil(n / w), "windows overlap"),
        (lambda n, w: math.ceil(n / (w - 1)), "one less is enough"),
        (lambda n, w: (n - 1) // (w - 1), "round up"),
        (lambda n, w: (n - 1) / (w - 1), "whole number"),
        (lambda n, w: 1, "20 are needed"),
    ],
)
def test_layers(attempt, words):
    says(checks.check_layers(attempt), words)


def one_hot(weights, offset):
    place = weights.argmax(-1) + offset
    return torch.nn.functional.one_hot(place % weights.shape[-1], weights.shape[-1]).float()


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda w, o: w, "each row still has several"),
        (lambda w, o: w.roll(o, -1), "each row still has several"),
        (one_hot, "comes in at the other"),
        (lambda w, o: one_hot(w, 0), "offset is not used"),
        (lambda w, o: one_hot(w, 0).roll(o, 0), "the last axis"),
        (lambda w, o: checks._only(w, -o), "wrong way round"),
        (lambda w, o: one_hot(w, 0) * 0, "the places are"),
        (lambda w, o: w[:2], "Expected shape"),
    ],
)
def test_only(attempt, words):
    says(checks.check_only(attempt), words)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda s: s.flip(1), "padding came to the front"),
        (lambda s: s.flip(0), "batch is turned"),
        (lambda s: s, "Nothing changed"),
        (lambda s: s.sort(1, descending=True).values, "Sorted"),
        (lambda s: s * 0, "should become"),
        (lambda s: s[:, :2], "Expected shape"),
    ],
)
def test_turned(attempt, words):
    says(checks.check_turned(attempt), words)
