"""Checks for the exercises of chapter 01; each names the mistake that an attempt most likely has.

Axes: b batch, k keys, d dim of query and key, e dim of a value, s source positions, t
written symbols.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from companion.exercises.attempts import require_equal, require_shape
from companion.lessons.exercises import Mistake, exercise
from companion.parts.attention.weights import masked_softmax


@exercise("01.1 Attention in three lines")
def check_attend(attempt: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str:
    """Judge a function (query (d,), keys (k, d), values (k, e)) -> the weighted mean (e,)."""
    generator = torch.Generator().manual_seed(0)
    query = torch.randn(3, generator=generator)
    keys, values = torch.randn(5, 3, generator=generator), torch.randn(5, 3, generator=generator)
    got = require_shape(attempt(query, keys, values), (3,))
    scores = keys @ query
    likely = {
        "The scores are not turned into weights: softmax is missing.": scores @ values,
        "The keys are averaged: weigh the values, which are what is taken away.": scores.softmax(0)
        @ keys,
        "Weights that sum to one, but no softmax: a score may be negative.": scores
        / scores.sum()
        @ values,
        "Only the best value is taken: that is a look-up, and no gradient reaches its choice.": (
            values[scores.argmax()]
        ),
        "The scores are scaled by sqrt(d). That is chapter 2's: leave it out here.": (
            scores * 3**-0.5
        ).softmax(0)
        @ values,
        "All values weigh alike: does the query enter the scores?": values.mean(0),
    }
    otherwise = "The weights differ: score every key by its dot product with the query."
    require_equal(got, scores.softmax(0) @ values, likely, otherwise)
    return "A soft look-up: every value, each as far as its key fits."


@exercise("01.2 Padding must not be seen")
def check_masked_weights(attempt: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Judge a function (scores (b, k), lengths (b,)) -> weights (b, k), none on padding."""
    scores = torch.randn(3, 6, generator=torch.Generator().manual_seed(0)) - 2
    lengths = torch.tensor([6, 4, 1])
    attn_mask = torch.arange(6) < lengths[:, None]
    got = require_shape(attempt(scores.clone(), lengths.clone()), (3, 6))
    plain = scores.softmax(-1)
    likely = {
        "The lengths are not used: padding takes part.": plain,
        "The weights of padding are set to zero afterwards, so rows no longer sum to one. "
        "Hide the scores, before the softmax.": plain * attn_mask,
        "A score of 0 is not nothing: exp(0) is 1. Padding's score must be -inf.": (
            (scores * attn_mask).softmax(-1)
        ),
        "The softmax runs over the batch: it belongs to the last axis.": (
            scores.masked_fill(~attn_mask, -torch.inf).softmax(0)
        ),
        "The mask is upside down: it is the padding that must not be seen.": masked_softmax(
            scores, ~attn_mask
        ),
        "One position too many is seen: positions count from 0.": masked_softmax(
            scores, torch.arange(6) <= lengths[:, None]
        ),
    }
    sums, on_padding = got.sum(-1).tolist(), got[~attn_mask].sum()
    otherwise = f"The rows sum to {sums}; on padding there is {on_padding}"
    require_equal(got, masked_softmax(scores, attn_mask), likely, otherwise)
    return "Padding weighs nothing, and the rest still sums to one."


@exercise("01.3 How many layers")
def check_layers(attempt: Callable[[int, int], int]) -> str:
    """Judge a function (symbols, width) -> convolutions until one output sees all symbols."""
    for symbols, width in ((40, 3), (41, 3), (7, 3), (41, 5), (42, 5), (1, 3), (256, 2)):
        right = -(-(symbols - 1) // (width - 1))
        got = attempt(symbols, width)
        if got == right:
            continue
        seen = 1 + got * (width - 1) if isinstance(got, int) else "?"
        case = f"{got} for {symbols} symbols and width {width}: they see {seen}, "
        if got == -(-symbols // width):
            raise Mistake(case + "since windows overlap: a layer adds width - 1, not width.")
        if got == -(-symbols // (width - 1)):
            raise Mistake(case + "and one less is enough: the first symbol costs nothing.")
        if got == (symbols - 1) // (width - 1):
            raise Mistake(case + "which is not all: round up.")
        if got == (symbols - 1) / (width - 1):
            raise Mistake(f"{got} layers: give a whole number, rounded up.")
        raise Mistake(case + f"{right} are needed. A layer adds width - 1 symbols.")
    return "Right for seven sizes. It grows with the length; attention needs one."


@exercise("01.4 Look only there")
def check_only(attempt: Callable[[Tensor, int], Tensor]) -> str:
    """Judge a function (weights (t, s), offset) -> one-hot rows beside the strongest weights."""
    weights = torch.randn(4, 6, generator=torch.Generator().manual_seed(2)).softmax(dim=-1)
    weights[0], weights[3] = weights[0].sort().values, weights[3].sort(descending=True).values
    for offset in (0, 1, -1):
        got = require_shape(attempt(weights.clone(), offset), (4, 6))
        likely = {
            "The weights move along, but each row still has several: give one place all of it.": (
                weights.roll(offset, dims=-1)
            ),
            "The wrong way round: a positive offset goes to the right.": _only(weights, -offset),
            "What falls off one end comes in at the other: stop at the end.": (
                _only(weights, 0).roll(offset, dims=-1)
            ),
            "The offset is not used.": _only(weights, 0),
            "Move along the places that are read, the last axis.": (
                _only(weights, 0).roll(offset, dims=0)
            ),
        }
        otherwise = f"With offset {offset} the places are {got.argmax(-1).tolist()}."
        require_equal(got, _only(weights, offset), likely, otherwise)
    return "Now a map is not only seen but set: what is read there?"


def _only(weights: Tensor, offset: int) -> Tensor:
    place = (weights.argmax(dim=-1) + offset).clamp(0, weights.shape[-1] - 1)
    return torch.nn.functional.one_hot(place, weights.shape[-1]).to(weights.dtype)


@exercise("01.5 Backwards in, forwards out")
def check_turned(attempt: Callable[[Tensor], Tensor]) -> str:
    """Judge a function that turns sources (b, s) round, padding (0) staying at the end."""
    source = torch.tensor([[3, 6, 4, 5], [7, 8, 0, 0], [9, 0, 0, 0]])
    right = torch.tensor([[5, 4, 6, 3], [8, 7, 0, 0], [9, 0, 0, 0]])
    got = require_shape(attempt(source.clone()), (3, 4))
    likely = {
        "The padding came to the front: turn only what is before it.": source.flip(1),
        "The batch is turned round: turn each row.": source.flip(0),
        "Nothing changed.": source,
        "Sorted, not turned round: it only looks right where symbols rise.": (
            source.sort(1, descending=True).values
        ),
    }
    otherwise = f"{source.tolist()} should become {right.tolist()}, not {got.tolist()}."
    require_equal(got, right, likely, otherwise)
    return "Now train on it. What do you expect, and what do you find?"
