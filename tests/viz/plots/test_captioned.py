"""Pictures with captions below: every picture and line is there, and no words lie on each other."""

import matplotlib.pyplot as plt
import pytest
import torch

from companion.data import caption_set, draw_scenes
from companion.viz.plots.captioned import compared, in_lines, marked, show_captioned

TWO_LINES = "a large yellow triangle\n✗ above"


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_each_picture_is_drawn_whole_with_its_caption_below():
    torch.manual_seed(0)
    images = [torch.rand(3, 32, 32), torch.rand(3, 128, 128), torch.rand(1, 8, 8)]
    ax = show_captioned(images, ["one", TWO_LINES, ""], columns=2)
    assert [drawn.get_array().shape[:2] for drawn in ax.images] == [(32, 32), (128, 128), (8, 8)]
    assert torch.allclose(
        torch.from_numpy(ax.images[0].get_array().data), images[0].permute(1, 2, 0)
    )
    texts = [text for text in ax.texts if text.get_text()]
    assert [text.get_text() for text in texts] == ["one", *TWO_LINES.split("\n")]
    assert texts[2].get_color() != texts[1].get_color() == texts[0].get_color()
    left, right, bottom, _ = ax.images[0].get_extent()
    x, y = texts[0].get_position()
    assert left < x < right
    assert y > bottom


def test_captions_keep_off_each_other_and_the_pictures():
    captions = [in_lines("a large yellow triangle above a small purple triangle")] * 6
    ax = show_captioned(torch.rand(6, 3, 32, 32), captions)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    pictures = [drawn.get_window_extent() for drawn in ax.images]
    for index, box in enumerate(boxes):
        others = boxes[:index] + boxes[index + 1 :] + pictures
        assert not any(box.overlaps(other) for other in others)


def test_a_caption_is_broken_at_its_relation():
    assert in_lines("a b above a c") == "a b\nabove\na c"
    assert in_lines("a b left of a c") == "a b\nleft of\na c"
    assert in_lines("a b") == "a b"


def test_what_is_wrong_is_marked():
    captions = caption_set(draw_scenes(12, seed=0, objects=2))
    words = captions.vocabulary
    true = torch.tensor(words.encode("a large red star above a small blue heart"))
    said = torch.tensor(words.encode("a large red star above a small blue cross"))
    assert compared(words, true, true) == "a large red star\nabove\na small blue heart"
    assert compared(words, said, true).endswith("\n✗ a small blue cross")
    both = compared(words, said, true, truth=True)
    assert both.endswith("\n✗ a small blue cross\n✗ (a small blue heart)")
    short = torch.tensor(words.encode("a large red star"))
    assert compared(words, short, true) == "✗ a large red star"
    assert marked(["a", "star"], ["a", "cross", "of"]) == ["a", "✗ star"]


@pytest.mark.parametrize(
    ("images", "captions", "columns"),
    [([], [], 1), (torch.rand(1, 3, 4, 4), ["a", "b"], 1), (torch.rand(1, 3, 4, 4), ["a"], 0)],
)
def test_what_does_not_fit_is_refused(images, captions, columns):
    with pytest.raises(ValueError, match="captions for"):
        show_captioned(images, captions, columns=columns)
