"""Checks for the exercises of chapter 03; each names the mistake that an attempt most likely has.

Axes: b pictures, n cells, d dim of a cell, h dim of a query, a dim in which both are compared,
t words, y x cells of a map, v u pixels of a mask.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from companion.exercises.attempts import require_equal, require_shape
from companion.inspection import share_on
from companion.lessons.exercises import Mistake, exercise


@exercise("03.1 Look by hand")
def check_look(attempt: Callable[..., Tensor]) -> str:
    """Judge a function (hidden (b, h), cells (b, n, d), W (a, h), U (a, d), v (a)) -> (b, d)."""
    generator = torch.Generator().manual_seed(0)
    hidden, cells, query, key, score = (
        torch.randn(shape, generator=generator) for shape in ((2, 4), (2, 7, 3), (5, 4), (5, 3), 5)
    )
    got = require_shape(attempt(hidden, cells, query, key, score), (2, 3))
    asked, offered = (hidden @ query.T)[:, None], cells @ key.T
    scores = torch.tanh(asked + offered) @ score

    def mean(weights: Tensor) -> Tensor:
        return (weights[..., None] * cells).sum(dim=1)

    likely = {
        "The weights sum to one over the pictures: take the softmax over the cells, dim=1.": mean(
            scores.softmax(dim=0)
        ),
        "The scores are not weights yet: the softmax is missing.": mean(scores),
        "The tanh is missing: without it the query moves all scores of a picture alike, and the "
        "softmax cancels that.": mean(((asked + offered) @ score).softmax(dim=1)),
        "All cells count the same: this is their mean.": cells.mean(dim=1),
        "This is the strongest cell alone; soft attention takes some of every cell.": cells[
            torch.arange(2), scores.argmax(dim=1)
        ],
        "The cells are added without dividing: use the weights of the softmax.": cells.sum(dim=1),
    }
    otherwise = "The shape is right, the values are not: v . tanh(W hidden + U cell), a softmax."
    require_equal(got, mean(scores.softmax(dim=1)), likely, otherwise)
    return "The same cells, weighed by what the question was."


@exercise("03.2 How much falls on the object?")
def check_share(attempt: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Judge a function (heat (b, y, x), masks (b, v, u) bool) -> (b,), the share on the mask."""
    generator = torch.Generator().manual_seed(0)
    heat = torch.rand(3, 4, 4, generator=generator)
    heat = heat / heat.sum(dim=(1, 2), keepdim=True)
    masks = torch.rand(3, 16, 16, generator=generator) < 0.3
    masks[0, :8] = False
    got = require_shape(attempt(heat, masks), (3,))
    covered = masks.float().reshape(3, 4, 4, 4, 4)
    turned = covered.mean(dim=(2, 4)).mT
    stretched = heat.repeat_interleave(4, 1).repeat_interleave(4, 2)
    likely = {
        "This is too large by 16: a cell of 4x4 pixels spreads its weight over all of them.": (
            stretched * masks
        ).sum(dim=(1, 2)),
        "A cell counts in full here as soon as the mask touches it: count the share covered.": (
            heat * (covered.amax(dim=(2, 4)) > 0)
        ).sum(dim=(1, 2)),
        "This is the share of the picture that the mask covers: the map is not in it.": (
            masks.float().mean(dim=(1, 2))
        ),
        "The mask is transposed: rows of pixels belong to rows of cells.": (heat * turned).sum(
            dim=(1, 2)
        ),
        "This is a mean over the cells: the weights sum to one already, so add.": (
            heat * covered.mean(dim=(2, 4))
        ).mean(dim=(1, 2)),
    }
    otherwise = "The shape is right, the values are not: what share of each cell is covered?"
    require_equal(got, share_on(heat, masks), likely, otherwise)
    return "Each cell gives the mask what the mask covers of it."


@exercise("03.3 Look everywhere once")
def check_penalty(attempt: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Judge a function (heat (b, t, y, x), said (b, t) bool) -> one number, Xu's penalty."""
    generator = torch.Generator().manual_seed(0)
    heat = torch.rand(2, 5, 3, 3, generator=generator)
    heat = heat / heat.sum(dim=(2, 3), keepdim=True)
    said = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]).bool()
    got = attempt(heat, said)
    if isinstance(got, Tensor) and got.shape == (2,):
        raise Mistake("One number for each picture: take their mean.")
    got = require_shape(got, ())
    spoken = heat * said[:, :, None, None]
    total = spoken.sum(dim=1)
    penalty = ((1 - total) ** 2).sum(dim=(1, 2))
    likely = {
        "Words that were never said count: leave the padding out.": (
            ((1 - heat.sum(dim=1)) ** 2).sum(dim=(1, 2)).mean()
        ),
        "Sum over the words for each cell, not over the cells for each word: a map sums to one "
        "anyway.": ((1 - spoken.sum(dim=(2, 3))) ** 2).sum(dim=1).mean(),
        "The square is missing, and the sum without it is always the same.": (
            (1 - total).sum(dim=(1, 2)).mean()
        ),
        "The mean over cells instead of their sum: nine times too small.": (
            ((1 - total) ** 2).mean()
        ),
        "The sum over the pictures instead of their mean.": penalty.sum(),
    }
    otherwise = "One number, but another: sum over cells of (1 - sum over words of weight)^2."
    require_equal(got, penalty.mean(), likely, otherwise)
    return "Add a little of it to the loss, and no part of a picture stays unseen."


@exercise("03.4 Read the relation off the maps")
def check_relation(attempt: Callable[[Tensor, Tensor], list[str]]) -> str:
    """Judge a function (first (b, y, x), second (b, y, x)) -> "above" or "left of" for each."""
    first, second = torch.full((4, 8, 8), 0.001), torch.full((4, 8, 8), 0.001)
    for row, (one, other) in enumerate(
        (((1, 4), (6, 5)), ((4, 1), (5, 6)), ((2, 1), (7, 5)), ((0, 0), (2, 7)))
    ):
        first[row, one[0], one[1]] = second[row, other[0], other[1]] = 1.0
    wanted = ["above", "left of", "above", "left of"]
    got = attempt(first, second)
    if not isinstance(got, list) or len(got) != 4 or not all(isinstance(g, str) for g in got):
        raise Mistake(f"Expected a list of 4 texts, got {got!r}.")
    if strange := sorted(set(got) - set(wanted)):
        raise Mistake(f'{strange} is no relation here: answer "above" or "left of".')
    if len(set(got)) == 1:
        raise Mistake(f"Always {got[0]!r}: compare the distance down with the distance across.")
    swapped = [{"above": "left of", "left of": "above"}[word] for word in wanted]
    if got == swapped:
        raise Mistake("Exactly the wrong way round: the first number of a centre is y, down.")
    if got != wanted:
        raise Mistake(f"{got} instead of {wanted}: the axis with the larger distance decides.")
    far, near = torch.zeros(1, 8, 8), torch.zeros(1, 8, 8)
    far[0, 0, 0], near[0, 0, 1], near[0, 7, 1] = 1.0, 0.51, 0.49
    if attempt(far, near) != ["above"]:
        raise Mistake("You use the strongest cell alone; take the centre of mass of the whole map.")
    return "Now let the captioner look: how often do its maps know the relation that it says?"
