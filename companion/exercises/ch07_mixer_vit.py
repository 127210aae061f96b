"""Checks for the exercises of chapter 07; each names the mistake that an attempt most likely has.

Axes: n sheets, k cells, q and k query and key positions.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from companion.data import Cards, draw_cards, load_digits
from companion.data.images.cards import WHITE
from companion.exercises.attempts import near, require_equal, require_shape
from companion.lessons.exercises import Mistake, exercise

SIZES = ((16, 32), (144, 48), (196, 512))


@exercise("07.1 As many parameters")
def check_token_dim(attempt: Callable[[int, int], int]) -> str:
    """Judge (num_tokens, dim) -> the hidden width that gives a token MLP attention's parameters."""
    for tokens, dim in SIZES:
        got, right = attempt(tokens, dim), _fitting(4 * dim * dim + 4 * dim, tokens)
        if not isinstance(got, int) or isinstance(got, bool):
            raise Mistake(f"Return a whole number, not {type(got).__name__}.")
        likely = {
            _fitting(4 * dim * dim, tokens): "attention's four biases are missing",
            _fitting(3 * dim * dim + 3 * dim, tokens): "the output projection is missing",
            round((4 * dim * dim + 4 * dim) / (2 * tokens)): "the token MLP's biases are missing",
            (4 * dim * dim + 4 * dim - tokens) // (2 * tokens + 1): "round it, do not cut it off",
        }
        if got != right:
            hint = likely.get(got, "set 4d² + 4d equal to 2nh + h + n and solve for h")
            raise Mistake(f"For n={tokens}, d={dim} it is {right}, not {got}: {hint}.")
    return "128 for the sheets (the chapter takes 127), 32 for the scenes, as in the chapter."


def _fitting(parameters: int, tokens: int) -> int:
    """The hidden width of a token MLP with so many parameters."""
    return round((parameters - tokens) / (2 * tokens + 1))


@exercise("07.2 Which is dearer?")
def check_cheaper(attempt: Callable[[int, int, int], float]) -> str:
    """Judge (n, d, h) -> attention's operations over those of a token MLP of hidden width h."""
    for tokens, dim, hidden in ((16, 32, 127), (144, 48, 32), (1024, 48, 32)):
        mlp, maps = 4 * tokens * dim * hidden, 4 * tokens * tokens * dim
        right = torch.tensor([(8 * tokens * dim * dim + maps) / mlp])
        got = torch.tensor([float(attempt(tokens, dim, hidden))])
        likely = {
            "You forgot the two products with the n × n map.": 8 * tokens * dim * dim / mlp,
            "There are four linear maps of d × d: 2nd² operations each.": (
                6 * tokens * dim * dim + maps
            )
            / mlp,
            "There are two products with the n × n map, 2n²d each.": (
                8 * tokens * dim * dim + maps / 2
            )
            / mlp,
            "It is upside down: attention over token MLP.": 1 / right.item(),
            "A token MLP has two layers: 2ndh operations each.": 2 * right.item(),
        }
        wrong = {message: torch.tensor([value]) for message, value in likely.items()}
        at = f"n={tokens}, d={dim}, h={hidden}: "
        require_equal(got, right, wrong, f"It should be {right.item():.3f}.", case=at)
    return "Attention takes 0.63 of its operations on the sheets, 7.5 times as many on the scenes."


@exercise("07.3 Answer without looking up")
def check_guesses(attempt: Callable[[Cards], Tensor]) -> str:
    """Judge a function from `Cards` to the commonest colour of each sheet, (n,)."""
    cards = draw_cards(load_digits(seed=0).test, 50, seed=3, pairs=5)
    got = require_shape(attempt(cards), (50,))
    inked = torch.nn.functional.one_hot(cards.colours, WHITE + 1)
    taken = (cards.twins >= 0)[..., None]
    counts = (inked * taken).sum(dim=1)[:, :WHITE]
    if bool((got == WHITE).any()):
        raise Mistake("White is no answer: count the coloured digits alone.")
    if bool((counts.gather(1, got[:, None])[:, 0] == counts.amax(dim=1)).all()):
        return "No answer can beat it that knows the colours and not the digits."
    if near(got, counts.argmin(dim=1)):
        raise Mistake("That is the rarest colour.")
    raise Mistake("Count, for each sheet, how many digits have each of the four colours.")


@exercise("07.4 Attention by hand")
def check_weights(attempt: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Judge (classes (n, k), colours (n, k)) -> weights (n, q, k), all on the twin where white."""
    classes = torch.tensor([[3, 7, 7, 3], [1, 2, 1, 2]])
    colours = torch.tensor([[WHITE, 0, WHITE, 2], [1, WHITE, WHITE, 3]])
    got = require_shape(attempt(classes, colours), (2, 4, 4))
    same = classes[:, :, None] == classes[:, None, :]
    inked = (colours != WHITE)[:, None, :]
    right = (same & inked).float()
    asks = colours == WHITE
    likely = {
        "A white digit matches itself too: let only coloured digits be keys.": _even(same),
        "Match the digits as well as the ink.": _even(inked.expand_as(same)),
        "Queries run down and keys run across: transpose it.": right.mT,
    }
    for message, wrong in likely.items():
        if near(got[asks].float(), wrong[asks]) and not near(wrong[asks], right[asks]):
            raise Mistake(message)
    if not near(got[asks].sum(dim=-1).float(), torch.ones(int(asks.sum()))):
        raise Mistake("The rows of white digits do not sum to one: end with a softmax.")
    if not near(got[asks].float(), right[asks], atol=1e-2):
        raise Mistake("A white digit should take at least 0.99 of its weight from its twin.")
    return "This map finds every twin."


def _even(mask: Tensor) -> Tensor:
    """Weights spread evenly over what a mask (n, q, k) lets through."""
    return mask / mask.sum(dim=-1, keepdim=True).clamp_min(1)
