"""Sheets of twins: who asks, what is answered, and what the answer cannot be told by."""

from dataclasses import replace

import pytest
import torch

from companion.data import batches, draw_cards, load_digits
from companion.data.images.cards import NOT_ASKED, WHITE


@pytest.fixture(scope="module")
def digits():
    return load_digits(seed=0).train


@pytest.fixture(scope="module")
def cards(digits):
    return draw_cards(digits, 300, seed=1, pairs=5)


def test_a_sheet_holds_its_pairs_and_empty_cells(cards):
    assert cards.images.shape == (300, 3, 32, 32)
    assert ((cards.twins >= 0).sum(dim=1) == 10).all()
    assert ((cards.answers != NOT_ASKED).sum(dim=1) == 5).all()
    assert not cards.digits[cards.twins < 0].any()


def test_twins_are_each_others_and_one_is_white(cards):
    place = torch.arange(16).expand_as(cards.twins)
    paired = cards.twins >= 0
    back = cards.twins.gather(1, cards.twins.clamp_min(0))
    assert torch.equal(back[paired], place[paired])
    white = cards.colours == WHITE
    assert (white != white.gather(1, cards.twins.clamp_min(0)))[paired].all()


def test_twins_show_one_digit_and_each_pair_another(digits, cards):
    known = {tuple(p.flatten().tolist()): int(k) for p, k in zip(*digits[:], strict=True)}
    for sheet in range(20):
        cells = [known.get(tuple(p.flatten().tolist())) for p in cards.digits[sheet]]
        pairs = {(i, int(t)) for i, t in enumerate(cards.twins[sheet]) if t > i}
        assert all(cells[i] == cells[j] for i, j in pairs)
        assert len({cells[i] for i, _ in pairs}) == len(pairs)


def test_the_answer_is_the_ink_of_the_twin(cards):
    asks = cards.answers != NOT_ASKED
    sheet, cell = (int(i) for i in asks.nonzero()[0])
    twin = int(cards.twins[sheet, cell])
    y, x = divmod(twin, 4)
    inked = cards.images[sheet, :, 8 * y : 8 * y + 8, 8 * x : 8 * x + 8].amax(dim=(1, 2))
    other = cards.colours.clone()
    other[sheet, twin] = (other[sheet, twin] + 1) % WHITE
    edited = replace(cards, colours=other)
    assert edited.answers[sheet, cell] == (cards.answers[sheet, cell] + 1) % WHITE
    changed = edited.images[sheet] - cards.images[sheet]
    assert changed.any()
    assert not changed[:, : 8 * y].any()
    assert inked.max() > 0


def test_places_do_not_tell_the_twin(cards):
    asks = cards.answers != NOT_ASKED
    share = torch.bincount(cards.twins[asks], minlength=16) / asks.sum()
    assert (share - 1 / 16).abs().max() < 0.03


def test_guesses_are_the_commonest_colour(cards):
    for sheet in range(20):
        inks = cards.colours[sheet][(cards.colours[sheet] != WHITE) & (cards.twins[sheet] >= 0)]
        counts = torch.bincount(inks, minlength=WHITE)
        assert counts[cards.guesses[sheet, 0]] == counts.max()


def test_what_an_empty_cell_is_coloured_counts_for_nothing(digits):
    sparse = draw_cards(digits, 5, seed=0, pairs=2)
    gaudy = replace(sparse, colours=sparse.colours.where(sparse.twins >= 0, 3))
    assert torch.equal(gaudy.guesses, sparse.guesses)


def test_a_seed_draws_the_same_sheets(digits):
    one, two, other = (draw_cards(digits, 3, seed=seed) for seed in (4, 4, 5))
    assert torch.equal(one.images, two.images)
    assert not torch.equal(one.images, other.images)


def test_batches_hold_images_and_answers(cards):
    images, answers = next(iter(batches(cards, batch_size=7, seed=0, shuffle=False)))
    assert torch.equal(images, cards.images[:7])
    assert torch.equal(answers, cards.answers[:7])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pairs": 9}, "at most 8 pairs of 10 classes fit in 4 x 4"),
        ({"pairs": 11, "side": 6}, "at most 10 pairs"),
        ({"pairs": 0}, "pairs=0"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(digits, options, words):
    with pytest.raises(ValueError, match=words):
        draw_cards(digits, 5, **{"seed": 0, **options})


def test_a_class_without_an_image_is_refused(digits):
    few = digits.subset((digits.labels != 3).nonzero().flatten())
    with pytest.raises(ValueError, match="some of every class"):
        draw_cards(few, 5, seed=0)
