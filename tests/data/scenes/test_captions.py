"""Captions become ids and come back as they were; a batch has the picture with its words."""

import pytest
import torch

from companion.data import Words, batches, caption_set, draw_scenes
from companion.data.text.sequences import BEGIN, END, PAD


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(60, seed=0)


def test_every_caption_is_there_and_back_again(scenes):
    captions = caption_set(scenes)
    for text, ids in zip(scenes.captions(), captions.captions, strict=True):
        words = text.split()
        assert captions.vocabulary.decode(ids) == text
        assert captions.vocabulary.words(ids) == words
        assert ids[0] == BEGIN
        assert ids[len(words) + 1] == END
        assert (ids[len(words) + 2 :] == PAD).all()
    assert captions.captions.shape == (60, 12)


def test_a_batch_has_pictures_with_their_own_words(scenes):
    captions = caption_set(scenes)
    loader = batches(captions, batch_size=16, seed=0)
    assert len(loader) == 4
    for images, ids in loader:
        for image, row in zip(images, ids, strict=True):
            where = (scenes.images == image).flatten(1).all(dim=1).nonzero().item()
            assert captions.vocabulary.decode(row) == scenes.captions()[where]
    assert torch.equal(captions[3].images, scenes.images[3])
    assert repr(captions) == "CaptionSet(60 pictures, up to 10 of 22 words)"


def test_the_words_do_not_depend_on_the_scenes():
    few, many = caption_set(draw_scenes(1, seed=0)), caption_set(draw_scenes(30, seed=1))
    assert few.vocabulary == many.vocabulary


def test_an_unknown_word_is_named():
    with pytest.raises(ValueError, match="holds \\['pink'\\], which are not in the vocabulary"):
        Words(("a", "red")).encode("a pink")
