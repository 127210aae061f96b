"""The captioner: torch's own LSTM inside, receptive fields as computed, learns what it is shown."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.data import caption_set, draw_scenes
from companion.data.text.sequences import BEGIN, END, PAD
from companion.inspection import record_attention
from companion.models import (
    Captioner,
    aligned_encoder,
    beam_search,
    greedy,
    mixing_encoder,
    overlapping_encoder,
)
from companion.parts import EvenAttention, FixedAttention
from companion.viz import word_maps

ENCODERS = {"aligned": (aligned_encoder, 16), "overlapping": (overlapping_encoder, 23)}


def small(encoder=aligned_encoder, **sizes):
    torch.manual_seed(0)
    sizes = {"image_size": 32, "dim": 12, "hidden": 16, "num_words": 25} | sizes
    return Captioner(encoder(dim=sizes["dim"]), **sizes)


@pytest.fixture(scope="module")
def captions():
    return caption_set(draw_scenes(8, seed=0, objects=2))


@pytest.mark.parametrize("name", ENCODERS)
def test_a_cell_sees_as_many_pixels_as_it_should(name):
    encoder, field = ENCODERS[name]
    torch.manual_seed(0)
    encoder = encoder(dim=8).eval()
    images = torch.rand(64, 3, 64, 64, requires_grad=True)
    features = encoder(images)
    assert features.shape == (64, 8, 16, 16)
    features[:, :, 8, 8].sum().backward()
    touched = images.grad.abs().sum(dim=(0, 1)) > 0
    rows, columns = touched.any(dim=1).nonzero(), touched.any(dim=0).nonzero()
    assert rows.max() - rows.min() + 1 == columns.max() - columns.min() + 1 == field
    # The cell's own pixels, 32 to 35, are among them.
    assert rows.min() <= 32
    assert rows.max() >= 35


def test_a_mixing_cell_sees_every_pixel_and_a_place_means_nothing():
    torch.manual_seed(0)
    encoder = mixing_encoder(dim=8, image_size=32).eval()
    images = torch.rand(64, 3, 32, 32, requires_grad=True)
    # Before training the ReLU may shut a whole cell: take the one that answers most.
    cells = encoder(images).sum(dim=(0, 1)).flatten()
    cells[cells.argmax()].backward()
    assert (images.grad.abs().sum(dim=(0, 1)) > 0).all()
    # Renumber the cells between the convolutions and the map, and the map's columns with them.
    features = torch.rand(2, 8, 8, 8)
    mixing = encoder[-1]
    before = mixing(features)
    order = torch.randperm(64)
    mixing.mix.weight.data = mixing.mix.weight.data[:, order]
    shuffled = features.flatten(2)[:, :, order].unflatten(2, (8, 8))
    assert_close(mixing(shuffled), before)


def test_with_nothing_to_choose_from_it_is_torchs_lstm(captions):
    """Where all cells are alike, attention gives their mean, and an nn.LSTM does the rest."""
    model = small().eval()
    constant = torch.randn(12)
    model.encoder = Constant(constant)
    nn.init.zeros_(model.positions.table)
    images, words = captions[:3].images, captions[:3].captions[:, :-1]
    lstm = nn.LSTM(32 + 12, 16, batch_first=True)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(lstm, f"{name}_l0").data = getattr(model.lstm, name).data
    inputs = torch.cat([model.embed(words), constant.expand(3, words.shape[1], 12)], dim=2)
    first = (torch.tanh(layer(constant)).expand(1, 3, 16) for layer in first_layers(model))
    outputs, _ = lstm(inputs, tuple(part.contiguous() for part in first))
    assert_close(model(images, words), model.head(torch.cat([inputs, outputs], dim=2)))


class Constant(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, images):
        return self.value[None, :, None, None].expand(len(images), -1, 8, 8)


def first_layers(model):
    return model.first_hidden, model.first_cell


def test_attention_weights_are_one_map_a_word(captions):
    model = small().eval()
    images, words = captions[:3].images, captions[:3].captions[:, :-1]
    with torch.no_grad(), record_attention(model) as maps:
        model(images, words)
    heat = word_maps(maps)
    assert heat.shape == (3, words.shape[1], 8, 8)
    assert_close(heat.sum(dim=(2, 3)), torch.ones(3, words.shape[1]))
    assert maps[0].layer == "attention"


def test_later_words_and_other_pictures_cannot_leak(captions):
    model = small().eval()
    images, words = captions[:3].images, captions[:3].captions[:, :-1]
    with torch.no_grad():
        before = model(images, words)
        changed = words.clone()
        changed[:, 4:] = 5
        assert torch.equal(model(images, changed)[:, :4], before[:, :4])
        assert not torch.equal(model(images, changed)[:, 4:], before[:, 4:])
        other = images.clone()
        other[1] = 0
        assert_close(model(other, words)[[0, 2]], before[[0, 2]])
        assert not torch.allclose(model(other, words)[1], before[1])


def test_searching_takes_the_steps_that_training_takes(captions):
    model = small().eval()
    with torch.no_grad():
        found = greedy(model, model.start(captions.images), begin=BEGIN, end=END, max_length=5)
        begun = torch.cat([torch.full((8, 1), BEGIN), found.tokens[:, :-1]], dim=1)
        logits = model(captions.images, begun)
    going_on = (found.tokens != END).cumprod(dim=1).bool()
    assert torch.equal(logits.argmax(dim=2)[going_on], found.tokens[going_on])
    beams = beam_search(
        model, model.start(captions.images), begin=BEGIN, end=END, max_length=5, beams=4
    )
    assert (beams.log_probability >= found.log_probability - 1e-5).float().mean() > 0.5


@pytest.mark.parametrize("name", ENCODERS)
def test_it_learns_one_batch_by_heart(captions, name):
    model = small(ENCODERS[name][0], dim=32, hidden=64)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    images, words = captions.images, captions.captions
    for _ in range(90):
        logits = model(images, words[:, :-1])
        loss = F.cross_entropy(logits.mT, words[:, 1:], ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    assert loss < 0.05


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"image_size": 30}, "image_size=30 is no multiple of 4"),
        ({"hidden": 0}, "hidden=0"),
        ({"dim": -1}, "dim=-1"),
        ({"num_words": 2.5}, "num_words=2.5"),
    ],
)
def test_wrong_sizes_are_refused(sizes, words):
    with pytest.raises(ValueError, match=words):
        small(**sizes)


def test_images_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"\(1, 3, 28, 28\): this captioner takes"):
        small()(torch.rand(1, 3, 28, 28), torch.ones(1, 3, dtype=torch.long))


@pytest.mark.parametrize("attention", [EvenAttention(), FixedAttention(keys=64, value_dim=12)])
def test_what_never_asks_gives_every_word_the_same_vector(attention, captions):
    model = small(attention=attention).eval()
    state = model.start(captions.images)
    first = model.attention(state.past.hidden, state.memory)
    _, later = model.step(state, captions.captions[:, 0])
    assert_close(model.attention(later.past.hidden, later.memory), first, rtol=0, atol=0)
    logits = model(captions.images, captions.captions[:, :-1])
    assert logits.shape[:2] == captions.captions[:, 1:].shape
