"""What the explorer carries: weights to a known error, in bounded size; and what it refuses."""

import base64
import json
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from companion.inspection import AttentionMap, rollout
from companion.parts import CLASS_TOKEN, TokenLayout
from companion.viz import explore_attention
from companion.viz.explorer.markup import as_lists

LAYOUT = TokenLayout((CLASS_TOKEN,), 3, 4)
SMALLER = TokenLayout((CLASS_TOKEN,), 3, 3)


def random_maps(layers=2, heads=2, layout=LAYOUT, batch=1, sharpness=2.0):
    torch.manual_seed(0)
    n = layout.num_tokens
    scores = torch.randn(layers, batch, heads, n, n) * sharpness
    return [
        AttentionMap(f"blocks.{layer}", weights, layout)
        for layer, weights in enumerate(scores.softmax(-1))
    ]


def an_image(rows=12, columns=16, channels=3):
    torch.manual_seed(1)
    return torch.rand(channels, rows, columns)


def facts_in(html):
    """The data that the page carries, as its script reads it."""
    (found,) = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    facts = json.loads(found)
    (kind,) = facts.pop("kinds")
    return facts | kind


def weights_in(html):
    """What the page can show, unpacked: (l, m, n, n)."""
    facts = facts_in(html)
    prefix, patches = len(facts["prefix"]), facts["rows"] * facts["columns"]
    shape = (len(facts["layers"]), facts["maps"], prefix + patches)
    raw = zlib.decompress(base64.b64decode(facts["weights"]))
    rows = int(np.prod(shape))
    largest = np.frombuffer(raw, "<f4", rows).reshape(*shape, 1)
    first = np.frombuffer(raw, "<f4", rows * prefix, 4 * rows).reshape(*shape, prefix)
    steps = np.frombuffer(raw, np.uint8, offset=4 * rows * (1 + prefix)).reshape(*shape, patches)
    weights = np.concatenate([first, steps * (largest / facts["levels"])], axis=-1)
    return torch.from_numpy(weights), torch.from_numpy(largest.copy())


@pytest.mark.parametrize("less", [0, 1, 25_000])
def test_weights_are_off_by_half_a_level_at_most(less):
    maps = random_maps(layers=3, heads=3, layout=TokenLayout((CLASS_TOKEN,), 12, 8))
    image = an_image(rows=12, columns=8)
    largest = len(explore_attention(image, maps).html.encode()) - less
    explorer = explore_attention(image, maps, largest=largest)
    assert explorer.levels == facts_in(explorer.html)["levels"]
    assert (explorer.levels == 255) == (less == 0)
    assert len(explorer.html.encode()) <= largest
    kept, rows = weights_in(explorer.html)
    heads = torch.stack([attention.weights[0] for attention in maps])
    off = (kept[:, :-1] - heads).abs()
    assert off[..., :1].max() == 0, "the weight on a prefix token is exact"
    assert (off[..., 1:] <= rows[:, :-1] / (2 * explorer.levels) + 1e-7).all()
    assert off.max() > 0
    found = kept[:, :-1, :, 1:].argmax(-1, keepdim=True)
    missed = heads[..., 1:].amax(-1, keepdim=True) - heads[..., 1:].gather(-1, found)
    assert (missed <= rows[:, :-1] / (2 * explorer.levels) + 1e-7).all()


def test_a_token_that_draws_everything_does_not_coarsen_the_rest():
    maps = random_maps()
    drawn = [replace(m, weights=m.weights.clone()) for m in maps]
    for attention in drawn:
        attention.weights[..., 1:] *= 1e-4
        attention.weights[..., 0] = 1 - attention.weights[..., 1:].sum(-1)
    kept, _ = weights_in(explore_attention(an_image(), drawn).html)
    heads = torch.stack([attention.weights[0] for attention in drawn])
    patches, exact = kept[:, :-1, :, 1:], heads[..., 1:]
    assert ((patches - exact).abs() <= exact.amax(-1, keepdim=True) / 509).all()


def test_the_last_map_is_the_rollout_as_far_as_its_layer():
    maps = random_maps(layers=3)
    kept, rows = weights_in(explore_attention(an_image(), maps).html)
    for depth in range(3):
        expected = rollout(maps[: depth + 1])[0].float()
        assert ((kept[depth, -1] - expected).abs() <= rows[depth, -1] / 510 + 1e-6).all()


def test_144_patches_4_layers_and_4_heads_take_400_kilobytes_at_most():
    layout = TokenLayout((CLASS_TOKEN,), 12, 12)
    noise = torch.rand(3, 72, 72)
    usual = explore_attention(noise, random_maps(4, 4, layout, sharpness=3.0))
    even = [replace(m, weights=torch.rand_like(m.weights)) for m in random_maps(4, 4, layout)]
    worst = explore_attention(noise, even)
    for explorer in (usual, worst):
        assert len(explorer.html.encode()) <= 400_000
    assert usual.levels >= 127
    assert worst.levels >= 31


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["blocks.0.attn", "blocks.1.attn"], [1, 2]),
        (["encoder.layer.10.attention", "encoder.layer.11.attention"], [11, 12]),
        (["first", "second"], [1, 2]),
        (["stage2.a", "stage2.b"], [1, 2]),
        (["blocks.3", "blocks.1"], [1, 2]),
        (["blocks.7", "last"], [1, 2]),
    ],
)
def test_layers_are_numbered_for_people(names, numbers):
    maps = [replace(m, layer=name) for m, name in zip(random_maps(), names, strict=True)]
    facts = facts_in(explore_attention(an_image(), maps).html)
    assert (facts["layers"], facts["numbers"]) == (names, numbers)


def test_markup_whose_tags_do_not_match_is_refused():
    made = '<p class="a">one <b>two</b><input checked></p>'
    children = ["one ", ["b", {}, "two"], ["input", {"checked": ""}]]
    assert as_lists(made) == ["p", {"class": "a"}, *children]
    with pytest.raises(ValueError, match="</p> closes"):
        as_lists("<p><b>one</p>")


def test_what_does_not_fit_is_refused_with_a_remedy():
    with pytest.raises(ValueError, match=r"2 layers of 2 heads on 13 tokens take .* give fewer"):
        explore_attention(an_image(), random_maps(), largest=10_000)


def test_equal_input_gives_equal_html():
    maps, image = random_maps(), an_image()
    first, again = (explore_attention(image, maps).html for _ in range(2))
    assert first == again
    assert first != explore_attention(image, maps, title="Another").html
    assert first != explore_attention(image, random_maps(sharpness=2.1)).html


def test_one_of_a_batch_is_chosen():
    maps = random_maps(batch=3)
    alone = [replace(m, weights=m.weights[1:2]) for m in maps]
    chosen = explore_attention(an_image(), maps, index=1)
    assert chosen.html == explore_attention(an_image(), alone).html
    assert chosen.html != explore_attention(an_image(), maps, index=0).html


def test_words_say_what_is_seen_at_first():
    maps = random_maps()
    for attention in maps:
        attention.weights[...] = 0.01
        attention.weights[:, :, 0, 1 + 4 * 2 + 3] = 0.5
    explorer = explore_attention(an_image(), maps, description="two cats")
    assert "An image (two cats) in 3x4 patches" in explorer.description
    assert "2 layers of 2 heads" in explorer.description
    assert "the class token looks at most is row 3, column 4." in explorer.description
    assert f'alt="{explorer.description}"' in explorer.html
    assert repr(explorer) == f"<AttentionExplorer: {explorer.description}>"


def test_a_large_photograph_stays_small():
    y, x = torch.meshgrid(torch.linspace(0, 9, 224), torch.linspace(0, 9, 224), indexing="ij")
    torch.manual_seed(0)
    photo = torch.stack([y.sin(), x.cos(), (x * y).sin()]) * 0.4 + 0.5 + torch.rand(224, 224) * 0.1
    explorer = explore_attention(photo, random_maps(layout=TokenLayout((), 14, 14), heads=1))
    assert facts_in(explorer.html)["image"].startswith("data:image/jpeg")
    assert len(explorer.html) < 300_000


@pytest.mark.parametrize(
    ("prefix", "first"),
    [
        ((), 6),
        ((CLASS_TOKEN, "distillation token"), 0),
        (("register 1", CLASS_TOKEN), 1),
        (("register 1", "register 2"), 8),
    ],
)
def test_prefix_tokens_keep_their_names_and_the_class_token_or_the_middle_is_shown(prefix, first):
    explorer = explore_attention(an_image(), random_maps(layout=TokenLayout(prefix, 3, 4)))
    facts = facts_in(explorer.html)
    assert (facts["prefix"], facts["first"]) == (list(prefix), first)
    query = "class token" if CLASS_TOKEN in prefix else "middle patch"
    assert f"the {query} looks at most" in explorer.description


def test_patches_that_do_not_tile_the_image_are_refused():
    layout = TokenLayout((CLASS_TOKEN,), 3, 4, leftover=(1, 2))
    for image in (torch.rand(3, 12, 16), torch.rand(3, 10, 14)):  # it divides, and it does not
        with pytest.raises(ValueError, match="do not tile the image"):
            explore_attention(image, random_maps(layout=layout))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"maps": []}, "0 maps"),
        (
            {"maps": [*random_maps(), *random_maps(layout=SMALLER)]},
            "2 maps|4 maps",
        ),
        ({"maps": random_maps(batch=2)}, r"2 images: choose one, as in index=0"),
        ({"index": 1}, "index=1 for maps of 1 images"),
        ({"index": -1}, "index=-1"),
        ({"maps": [replace(m, layout=None) for m in random_maps()]}, "cuts its image"),
        ({"maps": [replace(m, weights=m.weights[:, :, :1]) for m in random_maps()]}, "1 queries"),
        ({"maps": [replace(m, weights=m.weights * torch.nan) for m in random_maps()]}, "nan"),
        ({"maps": [replace(m, weights=-m.weights) for m in random_maps()]}, "not below 0"),
        ({"image": an_image(columns=15)}, r"not divisible into 3x4 patches"),
        ({"image": an_image()[0, 0]}, "not divisible"),
        ({"image": an_image()[0]}, "expected .1 or 3, y, x"),
        ({"image": an_image(channels=2)}, "1 or 3"),
        ({"image": an_image() * 2 - 1}, "undo the normalisation"),
        ({"image": an_image() * torch.nan}, "nan"),
        ({"prefix_names": ["one", "two"]}, "2 prefix names for 1 prefix tokens"),
    ],
)
def test_bad_input_is_refused(change, message):
    given = {"image": an_image(), "maps": random_maps()} | change
    with pytest.raises(ValueError, match=message):
        explore_attention(given.pop("image"), given.pop("maps"), **given)
