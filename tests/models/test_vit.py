"""The Vision Transformer against the paper's counts, and what it must be able to do."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from companion.models import ViT
from companion.parts import PatchGrid, from_patches, to_patches

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
    images = torch.rand(2, 1, 8, 8)
    shuffled = from_patches(to_patches(images, 2)[:, torch.randperm(16)], GRID)
    assert not torch.allclose(model(images), model(shuffled), atol=1e-3)
    model.positions = nn.Identity()
    assert_close(model(images), model(shuffled))


def test_it_overfits_one_batch():
    model = small_vit()
    images, labels = torch.rand(8, 1, 8, 8), torch.arange(8) % 5
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(150):
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05


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


def test_images_are_checked_where_they_enter():
    with pytest.raises(ValueError, match=r"\(2, 3, 8, 8\).*\(batch, 1, 8, 8\)"):
        small_vit()(torch.rand(2, 3, 8, 8))
