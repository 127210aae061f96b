"""Words over a picture, and the animation of them: what is drawn, its size, what is refused."""

import io

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image

from companion.inspection import AttentionMap
from companion.parts import TokenLayout
from companion.viz import (
    Animation,
    animate,
    animate_words,
    figure,
    show_map_pairs,
    show_word_maps,
    show_words,
    word_maps,
)

WORDS = ["a", "red", "star"]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def heat():
    heat = torch.full((3, 8, 8), 0.001)
    heat[0, 0, 0] = heat[1, 7, 7] = 1.0
    heat[2, 3, 4] = 0.3
    return heat


@pytest.fixture
def image():
    torch.manual_seed(0)
    return torch.rand(3, 32, 32)


def test_each_word_has_its_picture_darkest_where_it_looked_on_one_scale(image, heat):
    ax = show_words(image, WORDS, heat, columns=4)
    assert [text.get_text() for text in ax.texts] == [
        "the picture",
        *WORDS,
        "■ 1: the darkest cell",
    ]
    canvas = torch.from_numpy(ax.images[0].get_array().data)
    tile = canvas[:128, 128 + 31 : 2 * 128 + 31].mean(dim=2)
    cells = tile.reshape(8, 16, 8, 16).mean(dim=(1, 3))
    assert cells.argmin() == 0
    assert cells[0, 0] < 0.9 * cells.flatten()[1:].min()
    third = torch.stack([canvas[:128, k * 159 : k * 159 + 128].mean(dim=2) for k in (1, 3)])
    faint, strong = third[1, 48:64, 64:80].mean(), third[0, :16, :16].mean()
    assert faint > strong + 0.1
    first = canvas[:128, :128]
    assert torch.allclose(first[::4, ::4], image.permute(1, 2, 0))


def test_the_animation_moves_and_stands_still(image, heat):
    before = plt.get_fignums()
    moving = animate_words(image, WORDS, heat, seconds=0.5)
    assert plt.get_fignums() == before, "its figures are left open, and a notebook would show them"
    with Image.open(io.BytesIO(moving.moving)) as sheet:
        height = sheet.height // moving.frames
        first = sheet.crop((0, 0, sheet.width, height)).convert("RGB").tobytes()
        last = sheet.crop((0, 2 * height, sheet.width, 3 * height)).convert("RGB").tobytes()
    assert moving.frames == 3
    assert first != last
    with Image.open(io.BytesIO(moving.still)) as png:
        assert png.format == "PNG"


def test_it_is_shown_without_network_and_described(image, heat):
    moving = animate_words(image, WORDS, heat)
    bundle = moving._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    page = bundle["text/html"]
    assert 'src="data:image/png;base64,' in page
    assert "://" not in page  # base64 has no such sign, a chance "http" it may have
    assert 'alt="A caption said word by word: a red star.' in page
    described = Animation(moving.moving, moving.still, 3, 1.0, '<b> "')
    assert 'alt="&lt;b&gt; &quot;"' in described.html()


# Which frame stands in the window: how far the image was moved up, in windows.
SHOWN = """() => {
  const image = document.querySelector(".moving img");
  const up = image.parentElement.getBoundingClientRect().top - image.getBoundingClientRect().top;
  return Math.round(up / image.parentElement.getBoundingClientRect().height);
}"""
PLAY = """(ms) => document.getAnimations().forEach((moving) => (moving.currentTime = ms))"""


def test_frames_follow_each_other_until_the_reader_pauses(opened, image, heat):
    page = opened(animate_words(image, WORDS, heat, seconds=0.5).html(), width=390).page
    states = "document.getAnimations().map((moving) => moving.playState)"
    assert page.evaluate(states) == ["running"]
    page.get_by_label("Pause").check()
    assert page.evaluate(states) == ["paused"]
    shown = []
    for moment in (0, 499, 501, 999, 1001, 2499, 2501):  # the last is shown three times as long
        page.evaluate(PLAY, moment)
        shown.append(page.evaluate(SHOWN))
    assert shown == [0, 0, 1, 1, 2, 2, 0]


def test_nothing_moves_where_less_motion_is_wanted(opened, image, heat):
    moving = animate_words(image, WORDS, heat)
    page = opened(moving.html(), width=390, reduced_motion="reduce").page
    assert page.evaluate("document.getAnimations().length") == 0
    assert not page.get_by_label("Pause").is_visible()
    with Image.open(io.BytesIO(moving.still)) as still:
        assert page.evaluate("document.images[0].naturalWidth") == still.width


def test_word_maps_follow_the_steps():
    layout = TokenLayout((), 2, 3)
    maps = [AttentionMap("attention", torch.rand(4, 1, 1, 6), layout) for _ in range(5)]
    heat = word_maps(maps)
    assert heat.shape == (4, 5, 2, 3)
    assert torch.equal(heat[2, 3].flatten(), maps[3].weights[2, 0, 0])
    with pytest.raises(ValueError, match="there are 0 maps"):
        word_maps([])
    with pytest.raises(ValueError, match="no map of one query"):
        word_maps([AttentionMap("blocks.0", torch.rand(4, 2, 6, 6), layout)])
    with pytest.raises(ValueError, match="no map of one query"):
        word_maps([AttentionMap("attention", torch.rand(4, 1, 1, 6), None)])


@pytest.mark.parametrize(
    ("words", "shape", "complaint"),
    [
        (WORDS, (2, 8, 8), r"3 words for heat of shape \(2, 8, 8\)"),
        ([], (0, 8, 8), "0 words"),
        (WORDS, (3, 7, 8), "7x8 map does not fit a 32x32 image"),
        (WORDS, (8, 8), "a map .y, x. for each"),
    ],
)
def test_what_does_not_fit_is_refused(image, words, shape, complaint):
    with pytest.raises(ValueError, match=complaint):
        show_words(image, words, torch.rand(shape))


def test_an_animation_needs_frames_and_a_description():
    still = figure()[0].figure
    with pytest.raises(ValueError, match="0 frames of 1"):
        animate([], still, seconds=1, description="something")
    with pytest.raises(ValueError, match="described as ' '"):
        animate([still], still, seconds=1, description=" ")


def test_too_large_a_file_is_refused(monkeypatch):
    monkeypatch.setattr("companion.viz.animation.LARGEST", 1000)
    frames = [figure()[0].figure for _ in range(2)]
    with pytest.raises(ValueError, match="bytes, over 1,000: draw smaller"):
        animate(frames, frames[0], seconds=1, description="white")


def test_a_map_beside_its_picture_hides_nothing_and_shows_the_masks(image, heat):
    masks = torch.zeros(1, 32, 32, dtype=torch.bool)
    masks[0, 8:24, 8:24] = True
    ax = show_word_maps(image, WORDS, heat, masks, columns=4)
    assert [text.get_text() for text in ax.texts] == [
        "the picture",
        *WORDS,
        "■ 1: the darkest cell",
    ]
    canvas = torch.from_numpy(ax.images[0].get_array().data)
    assert torch.allclose(canvas[:128:4, :128:4], image.permute(1, 2, 0))
    tile = canvas[:128, 159 : 159 + 128]
    blue = torch.tensor([0.0, 114 / 255, 178 / 255])
    line = (tile - blue).abs().amax(dim=2) < 0.01
    rows, columns = line.any(dim=1).nonzero(), line.any(dim=0).nonzero()
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (32, 95, 32, 95)
    assert not line[40:88, 40:88].any()
    assert tile[4:12, 4:12].max() < 0.2
    # What the picture shows does not matter to the map.
    other = show_word_maps(1 - image, WORDS, heat, masks, columns=4)
    again = torch.from_numpy(other.images[0].get_array().data)
    assert torch.equal(again[:128, 159 : 159 + 128], tile)


def test_pictures_stand_beside_their_maps(image, heat):
    images, masks = image.expand(3, -1, -1, -1), torch.zeros(3, 1, 32, 32, dtype=torch.bool)
    ax = show_map_pairs(images, WORDS, heat, masks, columns=6)
    assert [text.get_text() for text in ax.texts if text.get_text()] == [
        *WORDS,
        "■ 1: the darkest cell",
    ]
    canvas = torch.from_numpy(ax.images[0].get_array().data)
    assert torch.allclose(canvas[:128:4, 318 : 318 + 128 : 4], image.permute(1, 2, 0))


def test_maps_and_words_and_masks_must_be_as_many(image, heat):
    masks = torch.zeros(1, 32, 32, dtype=torch.bool)
    with pytest.raises(ValueError, match="2 words"):
        show_word_maps(image, WORDS[:2], heat, masks)
    with pytest.raises(ValueError, match="2 pictures for 3 maps"):
        show_map_pairs(image.expand(2, -1, -1, -1), WORDS, heat, masks.expand(3, 1, -1, -1))
    with pytest.raises(ValueError, match="masks for each map"):
        show_map_pairs(image.expand(3, -1, -1, -1), WORDS, heat, masks.expand(2, 1, -1, -1))
