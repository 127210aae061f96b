"""The Vision Transformer against the paper's counts, and what it must be able to do."""

import pytest
import torch
from hypothesis import given, strategies as st
from timm.models.vision_transformer import VisionTransformer
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.inspection import class_token_map, record_attention
from companion.models import ViT
from companion.parts import (
    CLASS_TOKEN,
    EncoderLayer,
    PatchGrid,
    TokenLayout,
    from_patches,
    to_patches,
)
from companion.pretrained import load_vit
from companion.pretrained.names import VIT, rename

GRID = PatchGrid(8, 2, 1)


def small_vit(**changes) -> ViT:
    torch.manual_seed(0)
    return ViT(GRID, **({"dim": 16, "depth": 2, "heads": 4, "num_classes": 5} | changes))


@pytest.mark.parametrize(
    ("patch_size", "dim", "depth", "heads", "parameters"),
    [
        (16, 192, 12, 3, 5_717_416),  # Ti/16, DeiT's paper: 5 M
        (16, 768, 12, 12, 86_567_656),  # B/16, table 1: 86 M
        (16, 1024, 24, 16, 304_326_632),  # L/16: 307 M
        (14, 1280, 32, 16, 632_045_800),  # H/14: 632 M
    ],
)
def test_published_parameter_counts(patch_size, dim, depth, heads, parameters):
    with torch.device("meta"):
        model = ViT(PatchGrid(224, patch_size), dim=dim, depth=depth, heads=heads, num_classes=1000)
    assert sum(p.numel() for p in model.parameters()) == parameters


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 7))
def test_logits_have_a_row_an_image(batch, heads, depth, num_classes):
    model = ViT(GRID, dim=4 * heads, depth=depth, heads=heads, num_classes=num_classes)
    assert model(torch.rand(batch, 1, 8, 8)).shape == (batch, num_classes)


def test_every_parameter_learns():
    model = small_vit()
    F.cross_entropy(model(torch.rand(3, 1, 8, 8)), torch.tensor([0, 1, 2])).backward()
    still = [name for name, p in model.named_parameters() if not p.grad.abs().sum() > 0]
    # A constant added to all keys changes no softmax, so keys' biases alone may stand still.
    assert still == []


def test_it_reads_every_patch():
    model = small_vit().eval()
    image = torch.rand(1, 1, 8, 8)
    before = model(image)
    for patch in range(GRID.num_patches):
        patches = to_patches(image, 2)
        patches[:, patch] += 1
        assert not torch.allclose(model(from_patches(patches, GRID)), before)


def test_only_positions_know_the_order_of_patches():
    model = small_vit().eval()
    for parameter in model.parameters():  # so far from the start that every part says something
        nn.init.normal_(parameter, std=0.3)
    images = torch.rand(2, 1, 8, 8)
    shuffled = from_patches(to_patches(images, 2)[:, torch.randperm(16)], GRID)
    assert not torch.allclose(model(images), model(shuffled), atol=1e-3)
    model.positions = nn.Identity()
    assert_close(model(images), model(shuffled), atol=1e-5, rtol=1e-4)


def test_it_overfits_one_batch(loss_after):
    assert loss_after(small_vit(), steps=150, rate=3e-3) < 0.05


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dim": 18}, "dim=18 is not divisible by heads=4"),
        ({"depth": 0}, "depth=0"),
        ({"num_classes": -1}, "num_classes=-1"),
        ({"heads": 0}, "heads=0"),
        ({"mlp_dim": 0}, "hidden_dim=0"),
        ({"dropout": 1.0}, "dropout=1.0"),
    ],
)
def test_bad_sizes_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        small_vit(**changes)


def test_linear_layers_start_as_timms():
    """timm's own ViT of the same sizes, as the reference: spread of weights, zero biases."""
    torch.manual_seed(0)
    sizes = {"img_size": 32, "patch_size": 4, "embed_dim": 96, "depth": 2, "num_heads": 3}
    theirs = dict(VisionTransformer(**sizes, num_classes=40).named_parameters())
    ours = ViT(PatchGrid(32, 4), dim=96, depth=2, heads=3, num_classes=40).state_dict()
    assert len(ours) == len(theirs)
    for name, weight in theirs.items():
        mine = ours[rename({name: weight}, VIT).popitem()[0]]
        assert_close(mine.std(), weight.std(), atol=0, rtol=0.2)
        chance = weight.std().item() / weight.numel() ** 0.5
        assert_close(mine.mean(), weight.mean(), atol=5 * chance, rtol=0)
    for layer in ("blocks.1.token_mixer.qkv", "blocks.0.channel_mixer.expand"):
        assert ours[f"{layer}.weight"].std().item() == pytest.approx(0.02, rel=0.05)
        assert (ours[f"{layer}.bias"] == 0).all()


def test_other_models_keep_torchs_own_start():
    torch.manual_seed(0)
    layer = EncoderLayer(96, heads=3, hidden_dim=96)
    assert layer.token_mixer.qkv.weight.std().item() == pytest.approx(96**-0.5 / 3**0.5, rel=0.05)


def test_another_image_size_is_refused_with_the_remedy_unless_any_size():
    model, larger = small_vit(), torch.rand(2, 1, 12, 8)
    with pytest.raises(ValueError, match=r"\(batch, 1, 8, 8\); resize .* ViT with any_size=True"):
        model(larger)
    assert small_vit(any_size=True)(larger).shape == (2, 5)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (16, 12), (4, 6), (16, 4)])
def test_any_size_gives_timms_logits_with_its_resized_positions(height, width):
    torch.manual_seed(1)
    sizes = {"img_size": 8, "patch_size": 2, "embed_dim": 24, "depth": 2, "num_heads": 3}
    theirs = VisionTransformer(**sizes, num_classes=5, dynamic_img_size=True).eval()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.2)
    ours, images = load_vit(theirs), torch.rand(2, 3, height, width)
    assert_close(ours(images), theirs(images), atol=1e-5, rtol=1e-5)


def test_maps_of_any_size_have_the_grid_of_their_images():
    model = small_vit(any_size=True).eval()
    with record_attention(model) as maps:
        for height, width in ((8, 8), (12, 6), (8, 8)):
            model(torch.rand(1, 1, height, width))
    grids = [(4, 4), (6, 3), (4, 4)]
    assert [m.layout for m in maps[::2]] == [TokenLayout((CLASS_TOKEN,), *grid) for grid in grids]
    assert class_token_map(maps[2]).shape == (1, 4, 6, 3)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 1, 9, 8), "crop or pad them to a multiple of patch_size=2"),
        ((1, 1, 8, 0), "crop or pad"),
        ((1, 3, 8, 8), r"takes \(batch, 1, 8, 8\)"),
        ((1, 8, 8), "add the batch axis"),
    ],
)
def test_any_size_is_not_anything(shape, words):
    with pytest.raises(ValueError, match=words):
        small_vit(any_size=True)(torch.rand(shape))


def test_images_are_checked_where_they_enter():
    with pytest.raises(ValueError, match=r"\(2, 3, 8, 8\).*\(batch, 1, 8, 8\)"):
        small_vit()(torch.rand(2, 3, 8, 8))
