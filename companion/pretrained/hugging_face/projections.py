"""Queries, keys and values: three layers in transformers, one in our attention."""

from collections.abc import Mapping

import torch
from torch import Tensor

PROJECTIONS = ("query", "key", "value")


def joined_attention(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Query, key and value of each block, (d, d) or (d,), as one `qkv`, (3 d, ...).

    Raises:
        ValueError: one of the three is missing.
    """
    joined = {}
    for name, weight in weights.items():
        parts = [name.replace(".query.", f".{part}.") for part in PROJECTIONS]
        if ".query." in name:
            missing = [part for part in parts if part not in weights]
            if missing:
                raise ValueError(f"there is {name}, but no {', '.join(missing)}")
            joined[name.replace(".query.", ".qkv.")] = torch.cat([weights[part] for part in parts])
        elif not any(f".{part}." in name for part in PROJECTIONS):
            joined[name] = weight
    return joined


def parted_attention(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The way back: `qkv` of each block as query, key and value."""
    parted = {}
    for name, weight in weights.items():
        if ".qkv." in name:
            for part, piece in zip(PROJECTIONS, weight.chunk(3), strict=True):
                parted[name.replace(".qkv.", f".{part}.")] = piece.clone()
        else:
            parted[name] = weight
    return parted
