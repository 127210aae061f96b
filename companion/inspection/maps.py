"""Pictures as numbers: pure functions from attention and weights to maps.

Axes: b batch, h heads, q and k tokens, y and x the patch grid, n patches, d dim, c channels.
"""

from dataclasses import replace

import torch
from einops import rearrange
from torch import Tensor

from companion.inspection.record import AttentionMap
from companion.parts.attention.tap import TokenLayout


def class_token_map(attention: AttentionMap) -> Tensor:
    """How much the class token takes from each patch, per head: (b, h, y, x).

    The weight on the class token itself is left out, so a map sums to at most one.

    Raises:
        ValueError: the layer has no patches, its queries or keys are others, there is no class
            token, or the patches do not tile the image.
    """
    layout = require_patches(attention)
    query = attention.weights[:, :, require_class_token(layout), layout.num_prefix :]
    return on_grid(query, layout)


def query_map(attention: AttentionMap, y: int, x: int) -> Tensor:
    """How much the patch in row y and column x takes from each patch, per head: (b, h, y, x).

    Rows and columns count from 0. The weight on the prefix tokens is left out, so a map sums to at
    most one.

    Raises:
        ValueError: the layer has no patches, its queries or keys are others, the place is not on
            the grid, or the patches do not tile the image.
    """
    layout = require_patches(attention)
    rows, columns = layout.rows, layout.columns
    if not (0 <= y < rows and 0 <= x < columns):
        raise ValueError(
            f"patch ({y}, {x}) is not on the grid of {rows}x{columns}: rows are 0 to {rows - 1}, "
            f"columns 0 to {columns - 1}"
        )
    query = layout.num_prefix + y * columns + x
    return on_grid(attention.weights[:, :, query, layout.num_prefix :], layout)


def mean_over_heads(attention: AttentionMap) -> AttentionMap:
    """The same layer as if it had one head, whose weights are the mean of all: (b, 1, q, k)."""
    return replace(attention, weights=attention.weights.mean(dim=1, keepdim=True))


def precise(weights: Tensor) -> Tensor:
    """The weights in single precision at least: sums of half precision lose their digits."""
    return weights.to(torch.promote_types(weights.dtype, torch.float32))


def require_patches(attention: AttentionMap) -> TokenLayout:
    """The layout of a layer whose queries and keys are the prefix and the patches.

    Raises:
        ValueError: the layer has no patches, or its queries or keys are others.
    """
    layout = attention.layout
    if layout is None:
        raise ValueError(f"{attention.layer} has no patches: record a model of images")
    tokens = layout.num_tokens
    if attention.weights.shape[2:] != (tokens, tokens):
        queries, keys = attention.weights.shape[2:]
        raise ValueError(
            f"{attention.layer} has {queries} queries and {keys} keys, but {layout.num_prefix} + "
            f"{layout.rows} * {layout.columns} = {tokens} tokens: give self-attention of all tokens"
        )
    return layout


def require_class_token(layout: TokenLayout | None) -> int:
    """The class token's place. Raises `ValueError` where there is none, naming what there is."""
    if layout is None or layout.class_token is None:
        there = ", ".join(layout.prefix) if layout and layout.prefix else "nothing"
        raise ValueError(
            f"there is no class token, but {there} before the patches: take another query, as in "
            "query_map, or the mean over the patches' queries"
        )
    return layout.class_token


def on_grid(patches: Tensor, layout: TokenLayout) -> Tensor:
    """Numbers of patches, row by row, in their places: (..., n) -> (..., y, x).

    Raises:
        ValueError: the patches do not tile the image, over which the map would be stretched.
    """
    if layout.leftover != (0, 0):
        down, right = layout.leftover
        raise ValueError(
            f"{layout.rows}x{layout.columns} patches do not tile the image: they leave out {down} "
            f"rows and {right} columns of its pixels (below 0: they reach beyond), so a map would "
            "not lie where they do; crop or pad images to a multiple of the patch size first"
        )
    return rearrange(patches, "... (y x) -> ... y x", y=layout.rows)


def principal_components(filters: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The directions in which filters vary most: (d, n) -> components (count, n), shares (count,).

    Shares are the part of the filters' variance along each component, largest first.
    Source: Dosovitskiy et al. 2021, figure 7 left.

    Raises:
        ValueError: more components are asked for than there are.
    """
    if filters.ndim != 2 or not 1 <= count <= min(filters.shape):
        raise ValueError(
            f"{count} components of filters of shape {tuple(filters.shape)}: "
            "filters need two axes, and components are at least 1 and at most the shorter one"
        )
    exact = filters.cpu().double()  # Apple's GPU has no double precision
    centred = exact - exact.mean(dim=0)
    _, strengths, components = torch.linalg.svd(centred, full_matrices=False)
    variance = strengths.square()
    shares = variance / variance.sum().clamp_min(torch.finfo(variance.dtype).tiny)
    return components[:count].to(filters), shares[:count].to(filters)


def position_similarity(positions: Tensor, *, prefix: int, rows: int, columns: int) -> Tensor:
    """Cosine similarity of each patch's position vector to every other's: (n, y, x).

    Args:
        positions: (prefix + rows * columns, d), such as `vit.positions.table[0]`.
        prefix: tokens before the patches; they are left out.
        rows: of the patch grid.
        columns: of the patch grid.

    Source: Dosovitskiy et al. 2021, figure 7 centre.

    Raises:
        ValueError: the number of positions is not prefix + rows * columns.
    """
    if positions.ndim != 2 or len(positions) != prefix + rows * columns:
        raise ValueError(
            f"positions of shape {tuple(positions.shape)}: expected "
            f"{prefix} + {rows} * {columns} = {prefix + rows * columns} vectors"
        )
    patches = torch.nn.functional.normalize(positions[prefix:], dim=-1)
    return rearrange(patches @ patches.T, "n (y x) -> n y x", y=rows, x=columns)
