"""Checks for the exercises of chapter 06; each names the mistake that an attempt most likely has.

Axes: b batch, n tokens, d dim, y and x the patch grid.
"""

import copy
from collections.abc import Callable

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from companion.exercises.attempts import near, refuse, require_count, require_equal, require_shape
from companion.lessons.exercises import Mistake, exercise
from companion.models import MLPMixer
from companion.parts import PatchGrid, TokenMLP, from_patches, to_patches


@exercise("06.1 A token MLP by hand")
def check_token_mlp(attempt: Callable[[Tensor, nn.Linear, nn.Linear], Tensor]) -> str:
    """Judge a function (tokens (b, n, d), expand, contract) -> (b, n, d), along the tokens."""
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randn(2, 6, 6, generator=generator)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        expand, contract = nn.Linear(6, 5), nn.Linear(5, 6)
    with torch.no_grad():
        got = require_shape(attempt(tokens.clone(), expand, contract), (2, 6, 6))
        columns, layers = tokens.mT, (expand, contract)
        right = contract(F.gelu(expand(columns))).mT
        likely = {
            "This runs along the channels: turn tokens and channels round before.": contract(
                F.gelu(expand(tokens))
            ),
            "Tokens and channels are still the wrong way round: turn them back.": right.mT,
            "Between the two layers stands a GELU.": contract(expand(columns)).mT,
            "The norm and the sum belong to the block, not to the MLP.": tokens + right,
            "The biases are missing: call the layers, do not multiply by their weights.": (
                F.gelu(columns @ layers[0].weight.T) @ layers[1].weight.T
            ).mT,
        }
        require_equal(got, right, likely, "The shape is right and the values are not.")
    return "Every channel, by the same two layers."


@exercise("06.2 Count without building")
def check_parameter_count(attempt: Callable[..., int]) -> str:
    """Judge a function (grid, dim, depth, token_dim, mlp_dim, num_classes) -> parameters."""
    cases = (
        (PatchGrid(224, 32), 512, 8, 256, 2048, 1000),
        (PatchGrid(12, 2, 1), 24, 3, 10, 50, 7),
    )
    for case in cases:
        _judge_count(attempt(*case), *case)
    return "Right for two sizes, S/32 among them."


def _judge_count(
    got: int, grid: PatchGrid, dim: int, depth: int, token_dim: int, mlp_dim: int, num_classes: int
) -> None:
    with torch.device("meta"):
        model = MLPMixer(
            grid, dim=dim, depth=depth, num_classes=num_classes, token_dim=token_dim,
            mlp_dim=mlp_dim,
        )  # fmt: skip
    right = sum(p.numel() for p in model.parameters())
    n = grid.num_patches
    likely = {
        -n * dim: "positions: a Mixer has none",
        -dim: "the class token: a Mixer has none",
        -(n + 1) * dim: "positions and class token: a Mixer has neither",
        dim: "the embedding's bias",
        2 * dim: "the last LayerNorm",
        2 * dim * depth: "the second LayerNorm of every block",
        4 * dim * depth: "two LayerNorms in every block, a scale and a shift each",
        depth * (token_dim + n): "the biases of the token MLPs",
        depth * (mlp_dim + dim): "the biases of the channel MLPs",
        depth * (2 * n * token_dim + token_dim + n): "the token MLPs",
        -(dim - 1) * depth * (2 * n * token_dim + token_dim + n): "the token MLPs: one serves "
        "all channels",
        num_classes: "the head's bias",
        dim * num_classes + num_classes: "the head",
    }
    require_count(got, right, likely, f"dim={dim}, depth={depth}", "a block")


@exercise("06.3 Undo a permutation in the weights")
def check_undo(attempt: Callable[[MLPMixer, Tensor], MLPMixer]) -> str:
    """Judge a function (mixer, order) -> a mixer that reads images in that order as before."""
    grid = PatchGrid(6, 2, 1)
    generator = torch.Generator().manual_seed(0)
    model = MLPMixer(grid, dim=8, depth=2, num_classes=5).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5, generator=generator)
    images = torch.rand(4, 1, 6, 6, generator=generator)
    order = torch.tensor([3, 0, 7, 1, 8, 2, 4, 6, 5])
    moved = from_patches(to_patches(images, 2)[:, order], grid)
    before = copy.deepcopy(model.state_dict())
    with torch.no_grad():
        wanted = model(images)
        mine = attempt(model, order)
        got = require_shape(mine(moved), (4, 5))
        if any(not torch.equal(value, before[name]) for name, value in model.state_dict().items()):
            raise Mistake("The model that was handed in has changed: work on a deepcopy of it.")
        if near(got, wanted, atol=1e-4):
            return "The logits are what they were: only the token MLPs had to be told."
        if near(got, model(moved), atol=1e-4):
            raise Mistake("Nothing changed: its logits are those of the model you were given.")
        likely = {words: _undone(model, order, how)(moved) for words, how in WAYS.items()}
    for words, wrong in likely.items():
        if near(got, wrong, atol=1e-4):
            raise Mistake(words)
    raise Mistake("Only the two layers of each token MLP belong to places: permute those, no more.")


# A bias of `contract` is the same for all channels of a place: every norm behind it takes it away.
WAYS = {
    "This is the inverse of the order: patch `order[i]` now stands at place i.": (
        "inverse",
        "expand",
        "contract",
    ),
    "What comes out belongs to places too: permute the rows of `contract.weight`.": ("expand",),
    "What goes in belongs to places too: permute the columns of `expand.weight`.": ("contract",),
}


def _undone(model: MLPMixer, order: Tensor, how: tuple[str, ...]) -> MLPMixer:
    """A copy with some of its token weights permuted."""
    mine, order = copy.deepcopy(model), order.argsort() if "inverse" in how else order
    for mlp in (part.mlp for part in mine.modules() if isinstance(part, TokenMLP)):
        if "expand" in how:
            mlp.expand.weight.data = mlp.expand.weight[:, order]
        if "contract" in how:
            mlp.contract.weight.data = mlp.contract.weight[order]
    return mine


@exercise("06.4 A convolution as a token matrix")
def check_convolution_matrix(attempt: Callable[[Tensor, int, int], Tensor]) -> str:
    """Judge a function (kernel (3, 3), rows, columns) -> the matrix (n, n) that does the same."""
    rows, columns = 3, 4
    kernel = torch.arange(1.0, 10.0).reshape(3, 3)
    got = require_shape(attempt(kernel.clone(), rows, columns), (12, 12))
    right = _as_matrix(kernel, rows, columns)
    likely = {
        "It is transposed: row i says what place i takes, as in W @ tokens.": right.T,
        "The kernel is flipped: torch's conv2d does not turn it round.": _as_matrix(
            kernel.flip(0, 1), rows, columns
        ),
        "The kernel's rows and columns are exchanged.": _as_matrix(kernel.T, rows, columns),
        "The picture's edges meet: beyond an edge stands zero.": _as_matrix(
            kernel, rows, columns, wrap=True
        ),
    }
    refuse(got, likely)
    require_equal(got, right, {}, "Some weights are wrong: try one pixel that is 1, the rest 0.")
    return "A token MLP has room for a convolution. Whether it learns one is another matter."


def _as_matrix(kernel: Tensor, rows: int, columns: int, *, wrap: bool = False) -> Tensor:
    """What a 3x3 convolution makes of each unit image: (n, n)."""
    n = rows * columns
    units = rearrange(torch.eye(n), "n (y x) -> n 1 y x", y=rows)
    padded = F.pad(units, (1, 1, 1, 1), mode="circular" if wrap else "constant")
    return rearrange(F.conv2d(padded, kernel[None, None]), "n 1 y x -> (y x) n")
