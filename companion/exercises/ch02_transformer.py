"""Checks for the exercises of chapter 02; each names the mistake that an attempt most likely has.

Axes: b batch, h heads, n tokens, e dim of one head, d dim.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from companion.exercises.attempts import near, require_count, require_equal, require_shape
from companion.lessons.exercises import Mistake, exercise
from companion.models import Transformer
from companion.parts import causal_mask, sinusoids
from companion.parts.attention.weights import attention_weights


@exercise("02.1 Attention with a mask")
def check_attention(attempt: Callable[..., Tensor]) -> str:
    """Judge a function (q, k, v (b, h, n, e), attn_mask) -> (b, h, n, e)."""
    generator = torch.Generator().manual_seed(0)
    q, k, v = torch.randn(3, 2, 3, 5, 16, generator=generator)
    everything = torch.ones(5, 5, dtype=torch.bool)
    _judge_unmasked(_answer(attempt, q, k, v, everything), q, k, v)
    require_equal(
        _answer(attempt, q, k, v, causal_mask(5)),
        attention_weights(q, k, causal_mask(5)) @ v,
        {
            "The mask works the wrong way round: True is where one MAY attend.": (
                attention_weights(q, k, ~causal_mask(5)) @ v
            ),
            "The mask changes nothing: hide the scores where it is False.": (
                attention_weights(q, k) @ v
            ),
            "With a causal mask the rows no longer sum to one: hide the scores before the "
            "softmax, not only the weights after it.": (
                attention_weights(q, k) * causal_mask(5) @ v
            ),
        },
        "Without a mask all is right, with a causal mask it is not.",
    )
    blind = everything.clone()
    blind[2] = False
    got = _answer(attempt, q, k, v, blind)
    if got.isnan().any():
        raise Mistake("The query that may attend to nothing gets nan: a softmax over -inf alone.")
    if near(got[:, :, 2], v.mean(dim=2), atol=1e-4):
        raise Mistake(
            "The query that may attend to nothing gets the mean of all values, not zeros."
        )
    if not (got[:, :, 2] == 0).all():
        raise Mistake("The query that may attend to nothing must get zeros.")
    if not near(got, attention_weights(q, k, blind) @ v):
        raise Mistake("A query that may attend to nothing must not change what the others get.")
    per_head = torch.rand(2, 3, 5, 5, generator=generator) < 0.7
    got = _answer(attempt, q, k, v, per_head)
    if not near(got, attention_weights(q, k, per_head) @ v):
        raise Mistake("A mask of its own for each head is not respected: let it broadcast.")
    return "Masks, heads and even blind queries: all as in the package."


def _answer(attempt: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
    return require_shape(attempt(*(tensor.clone() for tensor in inputs)), inputs[2].shape)


def _judge_unmasked(got: Tensor, q: Tensor, k: Tensor, v: Tensor) -> None:
    scores = q @ k.mT
    likely = {
        "Divide the scores by the square root of e.": scores.softmax(dim=-1) @ v,
        "Divide by the square root of e, not by e.": (scores / 16).softmax(dim=-1) @ v,
        "The softmax runs over queries: each query's row of keys must sum to one.": (
            (scores / 4).softmax(dim=-2) @ v
        ),
        "Queries and keys have changed places.": (scores.mT / 4).softmax(dim=-1) @ v,
        "The softmax is missing.": scores / 4 @ v,
    }
    otherwise = "Shape right, numbers wrong, even with a mask that allows everything."
    require_equal(got, attention_weights(q, k) @ v, likely, otherwise)


@exercise("02.2 A window")
def check_window_mask(attempt: Callable[[int, int], Tensor]) -> str:
    """Judge a function (num_tokens, window) -> boolean (n, n), True where one may attend."""
    for tokens, window in ((6, 2), (5, 0), (4, 9)):
        got = require_shape(attempt(tokens, window), (tokens, tokens))
        if got.dtype != torch.bool:
            raise Mistake(f"The mask is {got.dtype}: make it boolean, True where one may attend.")
        _judge_window(got, tokens, window)
    return "A long text would cost n times the window now, not n times n."


def _judge_window(got: Tensor, tokens: int, window: int) -> None:
    causal = causal_mask(tokens)
    right = causal.triu(-window)
    likely = {
        "True is where one MAY attend; yours is the reverse.": ~right,
        "the window reaches into the future; look back only.": right.mT,
        "the window reaches both ways; the future must be hidden.": right | right.mT,
        "one place too few: the token itself and `window` before it.": right.triu(1 - window),
        "one place too many: the token itself and `window` before it.": causal.triu(-window - 1),
        "nothing is out of sight: leave out what is more than `window` back.": causal,
        "a token may attend to itself too.": right.tril(-1),
    }
    case = f"For {tokens} tokens and a window of {window}: "
    otherwise = f"{int((got != right).sum())} of {tokens * tokens} entries are wrong."
    require_equal(got, right, likely, otherwise, case=case)


@exercise("02.3 Count without building")
def check_parameter_count(attempt: Callable[..., int]) -> str:
    """Judge a function (source_vocabulary, target_vocabulary, dim, depth) -> parameters."""
    for sizes in (8000, 6000, 256, 3), (29, 31, 56, 1):
        _judge_count(attempt(*sizes), *sizes)
    return "Right for two sizes."


def _judge_count(got: int, source: int, target: int, dim: int, depth: int) -> None:
    with torch.device("meta"):
        model = Transformer(source, target, dim=dim, depth=depth, heads=4, max_length=10)
    right = sum(p.numel() for p in model.parameters())
    likely = {
        -target * dim: "the output layer's matrix, which is the target's embedding: count it once",
        target: "the output layer's bias",
        source * dim: "the source's embedding",
        target * dim: "the target's embedding",
        4 * dim: "the LayerNorm at the end of the encoder and that of the decoder",
        2 * dim: "a LayerNorm: encoder and decoder each end with one",
        depth * 2 * dim: "the LayerNorms: a decoder layer has three, an encoder layer two",
        depth * 10 * dim: "the LayerNorms, a scale and a shift each, five for both layers",
        depth * (4 * dim * dim + 4 * dim): "the decoder's second attention, to the encoder",
        depth * 12 * dim: "the biases of the attentions",
        depth * 10 * dim + 4 * dim: "all LayerNorms",
    }
    require_count(got, right, likely, f"dim={dim}, depth={depth}", "a layer")


@exercise("02.4 A step is a rotation")
def check_shift(attempt: Callable[[int, int], Tensor]) -> str:
    """Judge a function (dim, distance) -> M (d, d) with P[p + distance] = M P[p] for every p."""
    for dim, distance in ((8, 1), (16, 5)):
        matrix = require_shape(attempt(dim, distance), (dim, dim)).double()
        table = sinusoids(60, dim).double()
        here, there = table[:40], table[distance : 40 + distance]
        if near(here @ matrix.T, there, atol=1e-3):
            continue
        if near(here @ matrix, there, atol=1e-3):
            raise Mistake("Transposed: M multiplies from the left, P[p + distance] = M P[p].")
        if near(there @ matrix.T, here, atol=1e-3):
            raise Mistake("It turns the clocks back: this is the shift by -distance.")
        if near(here[0] @ matrix.T, there[0], atol=1e-3):
            raise Mistake("Right for place 0 alone: the same M must serve every place.")
        halves = [*range(0, dim, 2), *range(1, dim, 2)]
        if near(here[:, halves] @ matrix.T, there[:, halves], atol=1e-3):
            raise Mistake("Sines and cosines alternate here: entries 2i and 2i + 1 are a pair.")
        raise Mistake("It moves no place to where it should be: turn each pair by its own angle.")
    return "One matrix for every place: distance is easy to see for a linear map."


@exercise("02.5 Learned places")
def check_learned_positions(attempt: Callable[..., nn.Module]) -> str:
    """Judge a function (model, max_length, dim) -> the model with a learned vector a place."""
    torch.manual_seed(0)
    model = Transformer(9, 9, dim=16, depth=1, heads=2, max_length=12).eval()
    before = sum(p.numel() for p in model.parameters())
    got = attempt(model, 12, 16)
    if not isinstance(got, Transformer):
        raise Mistake(f"Return the Transformer, not {type(got).__name__}.")
    added = sum(p.numel() for p in got.parameters()) - before
    if added == 0:
        raise Mistake("No parameter came in: wrap the vectors in nn.Parameter or nn.Embedding.")
    if added != 12 * 16:
        raise Mistake(f"{added} new parameters: 12 places of dim 16 need {12 * 16}.")
    tokens = torch.zeros(1, 12, 16)
    whole = got.positions(tokens, 0)
    if near(whole[0, 0], whole[0, 1]):
        raise Mistake("Places 0 and 1 have the same vector: give them different starts.")
    if not near(got.positions(tokens[:, :1], 7)[0, 0], whole[0, 7]):
        raise Mistake("`first` is ignored: one token from place 7 on must get the vector of 7.")
    if not near(got.positions(tokens + 1.0, 0), whole + 1.0):
        raise Mistake("The vectors must be added to the tokens.")
    return "Now train it, and try one letter more than it has seen."
