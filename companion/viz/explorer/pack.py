"""What an explorer carries: attention in few bytes, and pictures as files in text.

Axes: b batch, h heads, l layers, m maps of a layer, q and k tokens, n tokens, v and u pixels.
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


def require_one_shape(maps: Sequence[AttentionMap]) -> tuple[int, int, int, int]:
    """The shape (b, h, q, k) that all maps have.

    Raises:
        ValueError: there is no map, they differ in shape, or have other axes.
    """
    shapes = sorted({tuple(attention.weights.shape) for attention in maps})
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise ValueError(
            f"{len(maps)} maps of shapes {shapes}: give at least one, all of the same "
            "(b, h, q, k), recorded in one call of the model"
        )
    batch, heads, queries, keys = shapes[0]
    return batch, heads, queries, keys


def choose_one(maps: Sequence[AttentionMap], index: int | None, things: str) -> list[AttentionMap]:
    """One of a batch of `things`, on the CPU: maps of b = 1.

    Raises:
        ValueError: there are several and none is chosen, or a weight is none.
    """
    batch = len(maps[0].weights)
    if index is None and batch != 1:
        raise ValueError(f"the maps are of {batch} {things}: choose one, as in index=0")
    index = 0 if index is None else index
    if not 0 <= index < batch:
        raise ValueError(f"index={index} for maps of {batch} {things}: give 0 to {batch - 1}")
    return [_of_one(attention, index) for attention in maps]


def _of_one(attention: AttentionMap, index: int) -> AttentionMap:
    """One image of the batch, on the CPU. Raises `ValueError` where a weight is none."""
    weights = attention.weights[index : index + 1].detach().cpu().float()
    if not (torch.isfinite(weights).all() and weights.min() >= 0):
        raise ValueError(
            f"{attention.layer} has weights from {weights.min().item():g} to "
            f"{weights.max().item():g}: attention is finite and not below 0"
        )
    return AttentionMap(attention.layer, weights, attention.layout)


def with_rollout(maps: Sequence[AttentionMap]) -> Tensor:
    """Maps of b = 1 and, as the last of each layer, the rollout so far: (l, m, n, n)."""
    depths = [rollout(maps[: depth + 1])[0].float() for depth in range(len(maps))]
    heads = torch.stack([attention.weights[0] for attention in maps])
    return torch.cat([heads, torch.stack(depths)[:, None]], dim=1)


def pack_maps(maps: Tensor, prefix: int, levels: int) -> str:
    """Maps (l, m, q, k) as base64 of deflated bytes: row maxima, prefix weights, then patches.

    Args:
        maps: prefix tokens are the first keys; all other keys are called patches here.
        prefix: how many those are.
        levels: that tell the weights of a row apart.

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


def encoded(pixels: Tensor, kind: str, *, colours: int = 0, **settings: object) -> str:
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
