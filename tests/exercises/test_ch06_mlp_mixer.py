"""Chapter 06's checks name the mistake in wrong attempts; right ones are tried with the chapter."""

import copy

import pytest
import torch
from einops import rearrange
from torch.nn import functional as F

from companion.exercises import ch06_mlp_mixer as checks


def along_channels(tokens, expand, contract):
    return contract(F.gelu(expand(tokens)))


def right_mlp(tokens, expand, contract):
    return along_channels(tokens.mT, expand, contract).mT


def without_biases(tokens, expand, contract):
    return (F.gelu(tokens.mT @ expand.weight.T) @ contract.weight.T).mT


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (along_channels, "along the channels"),
        (lambda x, one, two: along_channels(x.mT, one, two), "the wrong way round"),
        (lambda x, one, two: two(one(x.mT)).mT, "stands a GELU"),
        (lambda x, one, two: x + right_mlp(x, one, two), "belong to the block"),
        (without_biases, "biases are missing"),
        (lambda x, one, _: one(x.mT).mT, r"Expected shape (2, 6, 6), got (2, 5, 6)"),
        (lambda x, *_: 2 * x, "the values are not"),
    ],
)
def test_token_mlp(attempt, words):
    result = checks.check_token_mlp(attempt)
    assert result.passed is False
    assert words in result.message


def test_checking_leaves_the_random_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    assert checks.check_token_mlp(right_mlp).passed
    assert torch.equal(torch.rand(2), expected)


def count(grid, dim, depth, token_dim, mlp_dim, num_classes, *, forget=None, add=None):
    n = grid.num_patches
    parts = {
        "embedding's bias": dim,
        "embedding": grid.patch_dim * dim,
        "norms": depth * 4 * dim,
        "token biases": depth * (token_dim + n),
        "token MLPs": depth * 2 * n * token_dim,
        "channel biases": depth * (mlp_dim + dim),
        "channel MLPs": depth * 2 * dim * mlp_dim,
        "last norm": 2 * dim,
        "head's bias": num_classes,
        "head": dim * num_classes,
    }
    more = {"positions": n * dim, "class token": dim, "both": (n + 1) * dim}
    each = token_dim * 2 * n + token_dim + n
    more["a token MLP a channel"] = (dim - 1) * depth * each
    return sum(size for name, size in parts.items() if name != forget) + more.get(add, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"forget": "embedding's bias"}, "too few: look at the embedding's bias"),
        ({"forget": "norms"}, "two LayerNorms in every block"),
        ({"forget": "token biases"}, "biases of the token MLPs"),
        ({"forget": "channel biases"}, "biases of the channel MLPs"),
        ({"forget": "last norm"}, "the last LayerNorm"),
        ({"forget": "head's bias"}, "the head's bias"),
        ({"add": "positions"}, "too many: look at positions: a Mixer has none"),
        ({"add": "class token"}, "class token: a Mixer has none"),
        ({"add": "both"}, "has neither"),
        ({"add": "a token MLP a channel"}, "one serves all channels"),
        ({"forget": "channel MLPs"}, "a block's parameters, by name"),
    ],
)
def test_parameter_count(change, words):
    result = checks.check_parameter_count(lambda *sizes: count(*sizes, **change))
    assert result.passed is False
    assert words in result.message
    assert checks.check_parameter_count(count).passed
    assert checks.check_parameter_count(lambda *_: 19_104_624).passed is False


def undone(mixer, order, *, parts=("columns", "rows"), inverse=False, inplace=False):
    mine = mixer if inplace else copy.deepcopy(mixer)
    order = order.argsort() if inverse else order
    for block in mine.blocks:
        mlp = block.token_mixer.mlp
        if "columns" in parts:
            mlp.expand.weight.data = mlp.expand.weight[:, order]
        if "rows" in parts:
            mlp.contract.weight.data = mlp.contract.weight[order]
        if "bias" in parts:
            mlp.contract.bias.data = mlp.contract.bias[order]
        if "hidden" in parts:
            mlp.expand.bias.data = mlp.expand.bias.roll(1)
    return mine


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inplace": True}, "has changed: work on a deepcopy"),
        ({"inverse": True}, "the inverse of the order"),
        ({"parts": ()}, "Nothing changed"),
        ({"parts": ("columns",)}, "rows of `contract.weight`"),
        ({"parts": ("rows",)}, "columns of `expand.weight`"),
        ({"parts": ("columns", "rows", "hidden")}, "permute those, no more"),
    ],
)
def test_undo(change, words):
    result = checks.check_undo(lambda mixer, order: undone(mixer, order, **change))
    assert result.passed is False
    assert words in result.message
    assert checks.check_undo(undone).passed


def test_the_bias_of_a_place_may_stay_or_move():
    """It adds the same to all channels of a token, and each norm takes the mean away."""
    with_bias = ("columns", "rows", "bias")
    assert checks.check_undo(lambda *given: undone(*given, parts=with_bias)).passed


def matrix(kernel, rows, columns, *, mode="constant"):
    units = rearrange(torch.eye(rows * columns), "n (y x) -> n 1 y x", y=rows)
    padded = F.pad(units, (1, 1, 1, 1), mode=mode)
    return rearrange(F.conv2d(padded, kernel[None, None]), "n 1 y x -> (y x) n")


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda kernel, y, x: matrix(kernel, y, x).T, "transposed"),
        (lambda kernel, y, x: matrix(kernel.flip(0, 1), y, x), ("transposed", "flipped")),
        (lambda kernel, y, x: matrix(kernel.T, y, x), "exchanged"),
        (lambda kernel, y, x: matrix(kernel, y, x, mode="circular"), "edges meet"),
        (lambda kernel, y, x: 2 * matrix(kernel, y, x), "one pixel that is 1"),
        (lambda _, y, x: torch.zeros(y, x), r"Expected shape (12, 12), got (3, 4)"),
    ],
)
def test_convolution_matrix(attempt, words):
    result = checks.check_convolution_matrix(attempt)
    assert result.passed is False
    assert any(word in result.message for word in ([words] if isinstance(words, str) else words))
    assert checks.check_convolution_matrix(matrix).passed
