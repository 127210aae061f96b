"""Checks for the exercises of chapter 05; each names the mistake that an attempt most likely has.

Axes: b images, h heads, n patches or tokens, y x cells of a map, c channels, v u pixels.
"""

from collections.abc import Callable, Sequence

import torch
from einops import rearrange, reduce, repeat
from torch import Tensor

from companion.exercises.attempts import near, refuse, require_equal, require_shape
from companion.inspection import patch_distances
from companion.lessons.exercises import Mistake, exercise


def _weights(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(shape, generator=generator).softmax(dim=-1)


@exercise("05.1 Where does this patch look?")
def check_query(attempt: Callable[..., Tensor]) -> str:
    """Judge a function (weights (b, h, 1+n, 1+n), y, x, columns) -> (b, h, rows, columns)."""
    weights = _weights(2, 3, 13, 13)  # 3 rows of 4 patches
    got = require_shape(attempt(weights, 1, 2, 4), (2, 3, 3, 4))

    def folded(row: Tensor) -> Tensor:
        return rearrange(row, "b h (y x) -> b h y x", y=3)

    require_equal(
        got,
        folded(weights[:, :, 7, 1:]),
        {
            "This is the patch before: the class token is token 0, so patches count from 1.": (
                folded(weights[:, :, 6, 1:])
            ),
            "This is a column of the map, who looks at the patch: take the row.": (
                folded(weights[:, :, 1:, 7])
            ),
            "y and x are exchanged: a patch's number is y * columns + x.": (
                folded(weights[:, :, 1 + 2 * 4 + 1, 1:])
            ),
            "These are the first 12 keys: the first is the class token, leave it out.": (
                folded(weights[:, :, 7, :-1])
            ),
            "This is the class token's map.": folded(weights[:, :, 0, 1:]),
            "The map is transposed: patches run along rows first.": rearrange(
                weights[:, :, 7, 1:], "b h (x y) -> b h y x", y=3
            ),
        },
        "The shape is right, the values are not: row 1 + y * columns + x, keys from 1.",
    )
    return "A row of the map, folded into rows and columns."


@exercise("05.2 Roll it out")
def check_rollout(attempt: Callable[[Sequence[Tensor]], Tensor]) -> str:
    """Judge a function of a list of maps (h, n, n), first layer first -> (n, n)."""
    layers = list(_weights(3, 2, 5, 5))
    got = require_shape(attempt([layer.clone() for layer in layers]), (5, 5))
    own = torch.eye(5)
    means = [layer.mean(dim=0) for layer in layers]
    kept = [0.5 * own + 0.5 * mean for mean in means]
    whole = [own + mean for mean in means]
    strongest = [0.5 * own + 0.5 * layer.amax(dim=0) for layer in layers]
    require_equal(
        got,
        kept[2] @ kept[1] @ kept[0],
        {
            "The order is reversed: the last layer stands on the left.": kept[0]
            @ kept[1]
            @ kept[2],
            "The residual connection is missing: each token keeps half of itself.": means[2]
            @ means[1]
            @ means[0],
            "Rows sum to 8: halve both, what a token keeps and what it takes.": whole[2]
            @ whole[1]
            @ whole[0],
            "This is the last layer alone: multiply the layers.": kept[2],
            "The layers are multiplied element by element: use @.": kept[2] * kept[1] * kept[0],
            "This is the sum of the layers, not their product.": kept[2] + kept[1] + kept[0],
            "These are the largest weights of any head: take the mean of the heads.": strongest[2]
            @ strongest[1]
            @ strongest[0],
        },
        "The shape is right, the values are not: (I + mean over heads) / 2 for each layer, "
        "multiplied with the last one on the left.",
    )
    return "From the image to the last layer, and every row sums to one."


@exercise("05.3 How far?")
def check_distance(attempt: Callable[..., Tensor]) -> str:
    """Judge a function (weights (1+n, 1+n), columns, patch_size) -> a mean distance in pixels."""
    weights = _weights(13, 13)
    got = attempt(weights.clone(), 4, 5)
    value = got if isinstance(got, Tensor) else torch.tensor(float(got))
    value = require_shape(value, ()).float()
    apart = patch_distances(3, 4, patch_size=5)
    plain = weights[1:, 1:]
    scaled = plain / plain.sum(dim=1, keepdim=True)
    columns_first = patch_distances(4, 3, patch_size=5)
    places = torch.cartesian_prod(torch.arange(3), torch.arange(4)).float()
    block = (places[:, None] - places[None]).abs().sum(dim=-1) * 5
    shifted = weights[:-1, :-1] / weights[:-1, :-1].sum(dim=1, keepdim=True)
    along = plain / plain.sum(dim=0, keepdim=True)
    require_equal(
        value,
        (scaled * apart).sum(dim=1).mean(),
        {
            "What goes to the class token is missing from the sum: scale each row over the "
            "patches to one.": (plain * apart).sum(dim=1).mean(),
            "This is counted in patches: multiply by patch_size.": (scaled * apart)
            .sum(dim=1)
            .mean()
            / 5,
            "This is the distance along rows and columns added; the straight one is wanted.": (
                (scaled * block).sum(dim=1).mean()
            ),
            "This is the square of the distance, averaged: take the root first.": (
                (scaled * apart.square()).sum(dim=1).mean()
            ),
            "The class token is the first token: you left out the last.": (
                (shifted * apart).sum(dim=1).mean()
            ),
            "The columns sum to one: it is the rows that must, dim=1.": (
                (along * apart).sum(dim=1).mean()
            ),
            "Rows and columns of the grid are exchanged: there are `columns` patches in a row.": (
                (scaled * columns_first).sum(dim=1).mean()
            ),
            "This is the sum over the patches, not their mean.": (scaled * apart).sum(),
            "This is the mean over all pairs: weigh each distance, add up over the keys, then "
            "take the mean over the patches.": (scaled * apart).mean(),
            "This does not depend on the weights: it is what an even look would give.": (
                apart.mean()
            ),
        },
        f"{value.item():.3f} pixels is not the mean distance: check it on even weights.",
    )
    return "A number that you can hold against a receptive field."


@exercise("05.4 Take away, little by little")
def check_hide(attempt: Callable[..., Tensor]) -> str:
    """Judge a function (images, heat (b, y, x), count, patch_size, colour (c)) -> images."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand((2, 3, 6, 8), generator=generator)
    heat = torch.rand((2, 3, 4), generator=generator)
    colour = torch.tensor([2.0, 3.0, 4.0])  # no pixel has it
    given = images.clone()
    got = require_shape(attempt(given, heat.clone(), 5, 2, colour), (2, 3, 6, 8))
    if not torch.equal(given, images):
        raise Mistake("The images that were given have changed too: paint a copy.")
    if torch.equal(got, images):
        raise Mistake("Nothing is hidden.")

    def hidden(chosen: Tensor) -> Tensor:
        gone = torch.zeros(2, 12, dtype=torch.bool).scatter(1, chosen, value=True)
        pixels = repeat(gone, "b (y x) -> b 1 (y p) (x q)", y=3, p=2, q=2)
        return rearrange(colour, "c -> c 1 1").where(pixels, images)

    flat = heat.flatten(1)
    if near(got, hidden(flat.topk(5, dim=1).indices)):
        return "Now draw the curves, and see which falls first."
    refuse(
        got,
        {
            "The weakest patches are hidden, not the strongest.": hidden(
                flat.topk(5, dim=1, largest=False).indices
            ),
            "Every image lost the first one's patches: each has its own map.": hidden(
                flat[:1].topk(5, dim=1).indices.expand(2, -1)
            ),
        },
    )
    _refuse_what_was_painted(got, images, colour)
    raise Mistake("These are not the strongest patches: number y * columns + x, whole patches.")


def _refuse_what_was_painted(got: Tensor, images: Tensor, colour: Tensor) -> None:
    """Say what is wrong with what was painted: its size, its number, its colour."""
    changed = (got != images).any(dim=1)
    painted = (got == rearrange(colour, "c -> c 1 1")).all(dim=1)
    if not torch.equal(changed, painted):
        raise Mistake("What is hidden has another colour than `colour`, which is (c).")
    of_patch = reduce(changed.float(), "b (y p) (x q) -> b y x", "mean", p=2, q=2)
    if not bool(((of_patch == 0) | (of_patch == 1)).all()):
        raise Mistake("Some patches are hidden in part: a cell of the map is a whole patch.")
    counts = of_patch.sum(dim=(1, 2)).int().tolist()
    if counts != [5, 5]:
        raise Mistake(f"{counts} patches are hidden where 5 of each image were asked for.")
