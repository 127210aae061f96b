"""Chapter 04's checks name the mistake in wrong attempts; right ones are tried with the chapter."""

import pytest
import torch
from einops import rearrange
from torch import nn
from torch.nn import functional as F

from companion.exercises import ch04_vit as checks
from companion.models import ViT
from companion.parts import (
    ClassTokenPool,
    FeedForward,
    LearnedPositions,
    MeanPool,
    MixingBlock,
    MultiHeadAttention,
    PatchClassifier,
    PatchEmbed,
)


def joined(pattern):
    return lambda patches, grid: rearrange(
        patches, pattern, x=grid.columns, p=grid.patch_size, q=grid.patch_size
    )


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (joined("b (y x) (c p q) -> b c (x p) (y q)"), "columns first"),
        (joined("b (y x) (c p q) -> b c (y q) (x p)"), "Each patch is transposed"),
        (joined("b (y x) (c p q) -> b c (x q) (y p)"), "The image is transposed"),
        (joined("b (y x) (p q c) -> b c (y p) (x q)"), "channel comes first"),
        (lambda patches, _: patches, r"Expected shape \(2, 2, 6, 6\), got \(2, 4, 18\)"),
        (lambda patches, _: patches.reshape(2, 2, 6, 6), "in other places"),
        (lambda *_: torch.zeros(2, 2, 6, 6), "other values"),
    ],
)
def test_from_patches(attempt, words):
    result = checks.check_from_patches(attempt)
    assert result.passed is False
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(result.message)


def count(grid, dim, depth, num_classes, *, forget):
    parts = {
        "class token": dim,
        "rest of the embedding": grid.patch_dim * dim + dim + (grid.num_patches + 1) * dim,
        "final norm": 2 * dim,
        "norms": depth * 4 * dim,
        "qkv bias": depth * 3 * dim,
        "rest of attention": depth * (4 * dim * dim + dim),
        "mlp bias": depth * 5 * dim,
        "mlp": depth * 8 * dim * dim,
        "head": dim * num_classes + num_classes,
    }
    return sum(size for name, size in parts.items() if name != forget)


@pytest.mark.parametrize(
    ("forget", "words"),
    [
        ("class token", "class token"),
        ("final norm", "final LayerNorm"),
        ("norms", "two LayerNorms in every block"),
        ("qkv bias", "biases of queries"),
        ("mlp bias", "biases of the MLPs"),
        ("head", "the head"),
        ("mlp", "a block's parameters, by name"),
    ],
)
def test_parameter_count(forget, words):
    result = checks.check_parameter_count(lambda *sizes: count(*sizes, forget=forget))
    assert result.passed is False
    assert words in result.message
    assert "too few" in result.message
    assert checks.check_parameter_count(lambda *sizes: count(*sizes, forget=None)).passed
    assert "too many" in checks.check_parameter_count(lambda *_: 10**9).message
    assert checks.check_parameter_count(lambda *_: 5_717_416).passed is False


def test_an_embedding_of_four_dims_is_noticed():
    def attempt(grid, dim, depth, num_classes):
        right = count(grid, dim, depth, num_classes, forget=None)
        return right + (4 * dim - grid.patch_dim) * dim

    assert "not 4 * dim" in checks.check_parameter_count(attempt).message


def vit(grid, *, num_classes, **sizes):
    return ViT(grid, num_classes=num_classes, **sizes)


def without_class_token(grid, *, dim, depth, heads, num_classes, **changes):
    parts = {
        "embed": PatchEmbed(grid, dim),
        "positions": LearnedPositions(grid.num_patches, dim),
        "blocks": [
            MixingBlock(
                dim,
                token_mixer=MultiHeadAttention(dim, heads=heads),
                channel_mixer=FeedForward(dim, 4 * dim),
            )
            for _ in range(depth)
        ],
        "pool": MeanPool(dim),
        "head": nn.Linear(dim, num_classes),
    }
    return PatchClassifier(**(parts | changes))


def shared_blocks(grid, *, dim, depth, heads, num_classes):
    model = without_class_token(grid, dim=dim, depth=1, heads=heads, num_classes=num_classes)
    model.blocks = nn.Sequential(*[model.blocks[0]] * depth)
    return model


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (vit, "17 tokens"),
        (lambda *_, **__: nn.Linear(1, 1), "not Linear"),
        (
            lambda grid, **sizes: without_class_token(grid, **sizes, pool=ClassTokenPool(16)),
            "one token, not all",
        ),
        (shared_blocks, "repeats one block"),
        (
            lambda grid, **sizes: without_class_token(grid, **sizes, positions=None),
            "no positions",
        ),
        (
            lambda grid, **sizes: without_class_token(grid, **sizes, head=nn.Linear(16, 10)),
            r"got (3, 10)",
        ),
    ],
)
def test_mean_pool(attempt, words):
    result = checks.check_mean_pool(attempt)
    assert result.passed is False
    assert words in result.message


def resized(table, rows, columns, *, mode="bicubic", turn=False):
    plane = rearrange(table[:, 1:], "b (y x) d -> b d y x", y=3)
    plane = F.interpolate(plane.mT if turn else plane, (rows, columns), mode=mode)
    return torch.cat([table[:, :1], rearrange(plane, "b d y x -> b (y x) d")], dim=1)


def with_corners(table, rows, columns):
    plane = rearrange(table[:, 1:], "b (y x) d -> b d y x", y=3)
    plane = F.interpolate(plane, (rows, columns), mode="bicubic", align_corners=True)
    return torch.cat([table[:, :1], rearrange(plane, "b d y x -> b (y x) d")], dim=1)


def all_stretched(table, rows, columns):
    return F.interpolate(table.mT, rows * columns + 1, mode="linear", align_corners=False).mT + 1e-3


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda *args: resized(*args, mode="nearest"), "copies of the nearest"),
        (lambda *args: resized(*args, turn=True), "transposed"),
        (lambda *args: resized(*args, mode="bilinear"), "values between"),
        (lambda *args: resized(*args)[:, 1:], "got (1, 30, 4)"),
        (with_corners, "align_corners"),
        (all_stretched, "class token's vector changed"),
    ],
)
def test_resize_positions(attempt, words):
    result = checks.check_resize_positions(attempt)
    assert result.passed is False
    assert words in result.message
    assert checks.check_resize_positions(resized).passed


def rolled(images):
    shifts = torch.randint(-1, 2, (len(images),)).tolist()
    moved = [image.roll(shift, -1) for image, shift in zip(images, shifts, strict=True)]
    return torch.stack(moved)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda images: images, "Nothing changed"),
        (lambda images: images.roll(1, -1), "changed alike"),
        (lambda images: images + torch.randn_like(images), "left [0, 1]"),
        (lambda images: images * (torch.rand(64, 1, 1, 1) > 0.5), "gone"),
        (torch.rand_like, "keep the digit"),
        (lambda images: torch.full_like(images, torch.nan), "left [0, 1]"),
        (rolled, "came back on the other"),
        (lambda images: images[..., 1:], "got (64, 1, 8, 7)"),
    ],
)
def test_augment(attempt, words):
    result = checks.check_augment(attempt)
    assert result.passed is False
    assert words in result.message
