"""What the explorer carries: attention in few bytes, and the picture under it.

Axes: l layers, m maps of a layer, n tokens, y and x the patch grid, c channels, v and u pixels.
"""

import base64
import io
import re
import zlib
from collections.abc import Sequence

import torch
from einops import rearrange
from torch import Tensor

from companion.inspection.record import AttentionMap
from companion.inspection.rollout import rollout
from companion.parts.attention.tap import TokenLayout
from companion.viz.plots.overlays import overlaid
from companion.viz.plots.tiles import as_rgb

LOSSLESS = 40_000


def stack_maps(maps: Sequence[AttentionMap], index: int | None) -> tuple[Tensor, TokenLayout]:
    """One image's attention, and its rollout as far as each layer as the last map: (l, m, n, n).

    Raises:
        ValueError: there is no map, the maps differ in shape, are not of patches looking at
            patches, hold a batch of which no image is chosen, or are no weights.
    """
    shapes = sorted({tuple(attention.weights.shape) for attention in maps})
    if len(shapes) != 1:
        raise ValueError(
            f"{len(maps)} maps of shapes {shapes}: give at least one, all of the same "
            "(b, h, n, n), recorded in one call of the model"
        )
    layout = maps[0].layout
    if layout is None or any(attention.layout != layout for attention in maps):
        raise ValueError(
            f"the maps have layouts {sorted({str(attention.layout) for attention in maps})}: "
            "give those of one model that cuts its image into patches"
        )
    batch, _, queries, keys = shapes[0]
    tokens = layout.num_tokens
    if (queries, keys) != (tokens, tokens):
        raise ValueError(
            f"weights of {queries} queries and {keys} keys for {layout.num_prefix} prefix tokens "
            f"and {layout.rows}x{layout.columns} patches: expected {tokens} and {tokens}"
        )
    if index is None and batch != 1:
        raise ValueError(f"the maps are of {batch} images: choose one, as in index=0")
    index = 0 if index is None else index
    if not 0 <= index < batch:
        raise ValueError(f"index={index} for maps of {batch} images: give 0 to {batch - 1}")
    chosen = [_of_one(attention, index) for attention in maps]
    depths = [rollout(chosen[: depth + 1])[0].float() for depth in range(len(chosen))]
    heads = torch.stack([attention.weights[0] for attention in chosen])
    return torch.cat([heads, torch.stack(depths)[:, None]], dim=1), layout


def _of_one(attention: AttentionMap, index: int) -> AttentionMap:
    """One image of the batch, on the CPU. Raises `ValueError` where a weight is none."""
    weights = attention.weights[index : index + 1].detach().cpu().float()
    if not (torch.isfinite(weights).all() and weights.min() >= 0):
        raise ValueError(
            f"{attention.layer} has weights from {weights.min().item():g} to "
            f"{weights.max().item():g}: attention is finite and not below 0"
        )
    return AttentionMap(attention.layer, weights, attention.layout)


def pack_maps(maps: Tensor, prefix: int, levels: int) -> str:
    """Maps (l, m, n, n) as base64 of deflated bytes: row maxima, prefix weights, then patches.

    The weights on patches are whole numbers from 0 to `levels`, the row's largest being `levels`:
    each is off by at most half a level. Maxima and weights on prefix tokens keep four bytes, so
    that one token which draws everything does not coarsen the rest.
    """
    patches = maps[..., prefix:]
    largest = patches.amax(dim=-1, keepdim=True)
    steps = (patches.double() / largest.clamp_min(1e-30).double() * levels).round().to(torch.uint8)
    raw = b"".join(
        [
            largest.numpy().astype("<f4").tobytes(),
            maps[..., :prefix].numpy().astype("<f4").tobytes(),
            steps.numpy().tobytes(),
        ]
    )
    return base64.b64encode(zlib.compress(raw, 9)).decode()


def picture(image: Tensor) -> str:
    """An image (c, v, u) in [0, 1] as the address of a PNG; of a JPEG where that is much smaller.

    Raises:
        ValueError: the image has another shape, or values outside [0, 1].
    """
    if image.ndim != 3:
        raise ValueError(f"image has shape {tuple(image.shape)}: expected (1 or 3, y, x)")
    if not (image.min() >= 0 and image.max() <= 1):  # false for nan, too
        raise ValueError(
            f"image has values from {image.min().item():g} to {image.max().item():g}: expected "
            "[0, 1]; undo the normalisation, as in image * 0.5 + 0.5"
        )
    pixels = as_rgb(image[None])[0]
    exact = _encoded(pixels, "PNG", optimize=True)
    return exact if len(exact) <= LOSSLESS else _encoded(pixels, "JPEG", quality=90)


def still(image: Tensor, heat: Tensor) -> str:
    """An image (c, v, u) with a map (y, x) laid over it, at least 288 pixels wide, as a PNG."""
    height, width = image.shape[-2:]
    zoom = max(1, 288 // width)
    drawn = overlaid(image, heat[None], size=(zoom * height, zoom * width))[0]
    return _encoded(drawn, "PNG", colours=64)


def _encoded(pixels: Tensor, kind: str, *, colours: int = 0, **settings: object) -> str:
    """Pixels (v, u, 3) in [0, 1] as an address that holds the file itself."""
    from PIL import Image

    drawn = Image.fromarray((pixels * 255).round().to(torch.uint8).numpy())
    if colours:
        drawn = drawn.quantize(colours, dither=Image.Dither.NONE)
    file = io.BytesIO()
    drawn.save(file, format=kind, **settings)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def mean_of_heads(maps: Tensor) -> Tensor:
    """What the last layer's heads take on average: (l, m, n, n) -> (n, n), rollout left out."""
    return rearrange(maps[-1, :-1], "h q k -> q k h").mean(dim=-1)


def layer_numbers(names: Sequence[str]) -> list[int]:
    """A layer's number for people, from 1: of blocks.8 and blocks.9, 9 and 10.

    Their places in the list where the names' first numbers do not go up by one.
    """
    found = [re.search(r"\d+", name) for name in names]
    numbers = [int(match[0]) + 1 for match in found if match]
    first = numbers[0] if numbers else 0
    in_turn = numbers == [*range(first, first + len(names))]
    return numbers if in_turn else [*range(1, len(names) + 1)]
