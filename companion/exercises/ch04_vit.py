"""Checks for the exercises of chapter 04; each names the mistake that an attempt most likely has.

Axes: b batch, n patches, d dim, c channels, y and x image.
"""

from collections.abc import Callable
from functools import partial

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from companion.exercises.attempts import (
    near,
    refuse,
    require_count,
    require_equal,
    require_shape,
)
from companion.lessons.exercises import Mistake, exercise
from companion.models import ViT
from companion.parts import MeanPool, PatchClassifier, PatchGrid, to_patches

PATCH_MISTAKES = {
    "b (y x) (c p q) -> b c (x p) (y q)": "The patches fill columns first: they run along rows.",
    "b (y x) (c p q) -> b c (y q) (x p)": "Each patch is transposed: p, its row, comes before q.",
    "b (y x) (c p q) -> b c (x q) (y p)": "The image is transposed: rows became columns.",
    "b (y x) (p q c) -> b c (y p) (x q)": "Inside a patch the channel comes first, not last.",
}


@exercise("04.1 Back to an image")
def check_from_patches(attempt: Callable[[Tensor, PatchGrid], Tensor]) -> str:
    """Judge a function that undoes `to_patches`: (b, n, c*p*p) -> (b, c, y, x)."""
    grid = PatchGrid(6, 3, channels=2)
    images = torch.arange(2 * 2 * 6 * 6.0).reshape(2, 2, 6, 6)
    patches = to_patches(images, grid.patch_size)
    got = require_shape(attempt(patches.clone(), grid), images.shape)
    if near(got, images):
        return "Every pixel is back in its place."
    likely = PATCH_MISTAKES.items()
    refuse(got, {words: rearrange(patches, how, x=2, p=3, q=3) for how, words in likely})
    if not torch.equal(got.flatten().sort().values, images.flatten().sort().values):
        raise Mistake("Some pixels have other values: only move them.")
    raise Mistake(
        "The pixels are all there but in other places. Did you reshape without moving axes? "
        "Inside a patch the order is channel, row, column."
    )


@exercise("04.2 Count without building")
def check_parameter_count(attempt: Callable[..., int]) -> str:
    """Judge a function (grid, dim, depth, num_classes) -> number of parameters."""
    for sizes in (PatchGrid(224, 16), 192, 12, 1000), (PatchGrid(32, 4, 1), 24, 3, 7):
        _judge_count(attempt(*sizes), *sizes)
    return "Right for two sizes."


def _judge_count(got: int, grid: PatchGrid, dim: int, depth: int, num_classes: int) -> None:
    with torch.device("meta"):
        model = ViT(grid, dim=dim, depth=depth, heads=3, num_classes=num_classes)
    right = sum(p.numel() for p in model.parameters())
    likely = {
        dim: "one vector of dim: the class token, or its position, or the embedding's bias",
        2 * dim: "the final LayerNorm, or the class token together with its position",
        depth * 4 * dim: "two LayerNorms in every block, a scale and a shift each",
        depth * 5 * dim: "the biases of the MLPs",
        depth * 3 * dim: "the biases of queries, keys and values",
        depth * dim: "one bias of dim in every block",
        depth * dim * dim: "the output projection's matrix in every block",
        num_classes: "the head's bias",
        dim * num_classes + num_classes: "the head",
        (4 * dim - grid.patch_dim) * dim: "the embedding, which maps patch_dim and not 4 * dim",
    }
    require_count(got, right, likely, f"dim={dim}, depth={depth}", "a block")


@exercise("04.3 The mean instead of the class token")
def check_mean_pool(attempt: Callable[..., nn.Module]) -> str:
    """Judge a function (grid, dim, depth, heads, num_classes) -> a ViT without class token."""
    grid = PatchGrid(8, 2, 1)
    model = attempt(grid, dim=16, depth=2, heads=2, num_classes=7)
    if not isinstance(model, PatchClassifier):
        raise Mistake(f"Return a PatchClassifier, not {type(model).__name__}.")
    images = torch.rand(3, 1, 8, 8)
    tokens = model.features(images).shape[1]
    if tokens == grid.num_patches + 1:
        raise Mistake("There are 17 tokens: the class token is still there.")
    if model(images).shape != (3, 7):
        raise Mistake(f"Expected logits of shape (3, 7), got {tuple(model(images).shape)}.")
    if not isinstance(model.pool, MeanPool):
        raise Mistake(f"The pool is {type(model.pool).__name__}: it reads one token, not all.")
    if isinstance(model.positions, nn.Identity):
        raise Mistake("There are no positions: without them the order of patches is lost.")
    with_class_token = ViT(grid, dim=16, depth=2, heads=2, num_classes=7)
    wanted = sum(p.numel() for p in with_class_token.parameters()) - 2 * 16
    got = sum(p.numel() for p in model.parameters())
    if got != wanted:
        raise Mistake(
            f"{got:,} parameters instead of {wanted:,}. `[block] * depth` repeats one block "
            "(build each anew); MLPs are 4 * dim wide; there is one position a patch."
        )
    return "Sixteen tokens, all of them read."


@exercise("04.4 Positions for a larger image")
def check_resize_positions(attempt: Callable[..., Tensor]) -> str:
    """Judge a function (table (1, 1+n, d), rows, columns) -> (1, 1 + rows*columns, d), bicubic."""
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(1, 1 + 9, 4, generator=generator)
    got = require_shape(attempt(table, 6, 5), (1, 1 + 6 * 5, 4))
    if not torch.equal(got[:, 0], table[:, 0]):
        raise Mistake("The class token's vector changed: set it aside, it has no place.")
    plane = table[:, 1:].reshape(1, 3, 3, 4).permute(0, 3, 1, 2)
    patches = got[:, 1:].reshape(1, 6, 5, 4).permute(0, 3, 1, 2)
    resize = partial(F.interpolate, size=(6, 5), mode="bicubic")
    if not near(patches, resize(plane, antialias=True)):
        likely = {
            "The grid is transposed: positions run along rows first.": resize(plane.mT),
            "Leave align_corners off: a position is a square, not its corner.": resize(
                plane, align_corners=True
            ),
            "d is the last axis: move it before the grid, do not reshape it there.": resize(
                table[:, 1:].reshape(1, 4, 3, 3)
            ),
            "These are copies of the nearest position: use mode='bicubic'.": resize(
                plane, mode="nearest"
            ),
        }
        otherwise = "Only the values between are wrong: resize the 3x3 grid."
        require_equal(patches, resize(plane), likely, otherwise)
    return "A ViT can now read images of another size."


@exercise("04.5 Feed the hungry")
def check_augment(attempt: Callable[[Tensor], Tensor]) -> str:
    """Judge a random augmentation of images (b, 1, y, x): shape and content kept, images vary."""
    torch.manual_seed(0)
    images = torch.zeros(64, 1, 8, 8)
    images[:, :, 3:5, 3:5] = 1.0
    got = require_shape(attempt(images.clone()), images.shape)
    if torch.equal(got, images):
        raise Mistake("Nothing changed: an augmentation must vary the images.")
    if torch.equal(got, got[:1].expand_as(got)):
        raise Mistake("All images changed alike: draw anew for each image.")
    if not (got.min() >= 0 and got.max() <= 1):
        raise Mistake(f"Values left [0, 1]: they run from {got.min():.2f} to {got.max():.2f}.")
    ink = got.sum((1, 2, 3))
    if (ink < 1.0).any():
        raise Mistake("Some digits are gone: move them less.")
    if (ink > 8.0).any():
        raise Mistake(f"There is up to {ink.max():.1f} of ink where there was 4: keep the digit.")
    edge = torch.zeros(64, 1, 8, 8)
    edge[:, :, :, 0] = 1.0
    if attempt(edge)[:, :, :, -1].max() > 0.5:
        raise Mistake("A stroke that left on one side came back on the other: pad, do not roll.")
    return "Now train on it, and see whether the ViT catches up."
