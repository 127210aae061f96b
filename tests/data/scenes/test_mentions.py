"""Mentions are found again in the masks' own shapes and colours; exact means to the last word."""

import pytest
import torch

from companion.data import caption_set, draw_scenes, exactly_right, find_mentions, is_of_kind
from companion.data.scenes.mentions import KINDS
from companion.data.text.sequences import BEGIN, END, PAD


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(60, seed=0, objects=2)


@pytest.fixture(scope="module")
def captions(scenes):
    return caption_set(scenes)


@pytest.mark.parametrize("kind", KINDS)
def test_every_caption_mentions_both_objects_once(scenes, captions, kind):
    tokens, words = captions.captions[:, 1:], captions.vocabulary
    found = find_mentions(tokens, scenes, kind, words)
    assert len(found.picture) == 120
    assert len(set(zip(found.picture.tolist(), found.item.tolist(), strict=True))) == 120
    for picture, step, item in zip(*(part.tolist() for part in found), strict=True):
        word = words.decode([tokens[picture, step]])
        things = {
            "size": ("large", "small")[item],
            "colour": KINDS["colour"][scenes.colours[picture, item]],
            "shape": KINDS["shape"][scenes.shapes[picture, item]],
        }
        assert word == things[kind]
    where = torch.zeros_like(tokens, dtype=torch.bool)
    where[found.picture, found.step] = True
    assert torch.equal(is_of_kind(tokens, kind, words), where)


def test_words_that_are_true_of_nothing_are_left_out(scenes, captions):
    others = captions.captions[:, 1:].roll(1, 0)
    found = find_mentions(others, scenes, "shape", captions.vocabulary)
    assert 0 < len(found.picture) < 120
    for picture, step, item in zip(*(part.tolist() for part in found), strict=True):
        word = captions.vocabulary.decode([others[picture, step]])
        assert word == KINDS["shape"][scenes.shapes[picture, item]]
    with pytest.raises(ValueError, match="2 captions for 60 scenes"):
        find_mentions(others[:2], scenes, "shape", captions.vocabulary)


def test_of_one_object_nothing_small_is_found():
    scenes = draw_scenes(6, seed=0, objects=1)
    captions = caption_set(scenes)
    small = torch.tensor([captions.vocabulary.encode("large small red")] * 6)
    found = find_mentions(small, scenes, "size", captions.vocabulary)
    assert found.step.tolist() == [0] * 6


def test_exact_means_to_the_last_word():
    captions = torch.tensor([[BEGIN, 5, 6, END, PAD], [BEGIN, 5, 6, 7, END]])
    assert exactly_right(torch.tensor([[5, 6, END], [5, 6, END]]), captions).tolist() == [
        True,
        False,
    ]
    longer = torch.tensor([[5, 6, END, END, END, END], [5, 6, 7, END, END, END]])
    assert exactly_right(longer, captions).tolist() == [True, True]
    assert exactly_right(torch.tensor([[5, 6, 8], [5, 6, 7]]), captions).tolist() == [False, True]
    assert exactly_right(torch.tensor([[5, 6, 8, END], [5, 6, 7, 7]]), captions).tolist() == [
        False,
        False,
    ]
