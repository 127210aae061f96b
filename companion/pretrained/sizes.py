"""The sizes that a model of ours was built with, read from its parts, if nothing else changed."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from companion.models.convmixer import ACTIVATIONS, ConvMixer
from companion.models.deit import DeiT
from companion.models.hybrids import Hybrid
from companion.models.mlp_mixer import MLPMixer
from companion.models.vit import ViT
from companion.parts.blocks import NORM_EPS
from companion.pretrained.plain import require_same

Sizes = dict[str, Any]


def sizes_of(model: nn.Module, *, eps: float = NORM_EPS) -> Sizes:
    """What its class must be given to build the model again: `type(model)(**sizes_of(model))`.

    How it was initialised is not among them, since its weights are to be put in.

    Args:
        model: one of ours.
        eps: of its norms.

    Raises:
        ValueError: the model is of another kind than `READERS`, or one of its parts was exchanged
            or set to something else, which is named.
    """
    kind = next((kind for kind in type(model).__mro__ if kind in READERS), None)
    if kind is None:
        known = ", ".join(sorted(kind.__name__ for kind in READERS))
        raise ValueError(f"a {type(model).__name__} is none of {known}: its sizes are not known")
    try:
        sizes = READERS[kind](model)
    except (AttributeError, IndexError, KeyError) as error:
        raise ValueError(
            f"the {kind.__name__} was changed, and its sizes cannot be read: {error}"
        ) from None
    with torch.device("meta"):
        twin = kind(**sizes)
    for norm in twin.modules():
        if isinstance(norm, nn.LayerNorm):
            norm.eps = eps
    twin.head = model.head if isinstance(model.head, nn.Identity) else twin.head
    require_same(model, twin, kind.__name__)
    return sizes


def _patches(model: Any) -> Sizes:
    """What a ViT and a DeiT have in common."""
    block = model.blocks[0]
    return {
        "grid": model.embed.grid,
        "dim": model.embed.projection.out_features,
        "depth": len(model.blocks),
        "heads": block.token_mixer.heads,
        "mlp_dim": block.channel_mixer.expand.out_features,
        "dropout": model.dropout.p,
    }


def _vit(model: Any) -> Sizes:
    classes = 1 if isinstance(model.head, nn.Identity) else model.head.out_features
    return {**_patches(model), "num_classes": classes, "any_size": model.embed.any_size}


def _deit(model: Any) -> Sizes:
    return {**_patches(model), "num_classes": model.head.label.out_features}


def _mlp_mixer(model: Any) -> Sizes:
    block = model.blocks[0]
    return {
        "grid": model.embed.grid,
        "dim": model.embed.projection.out_features,
        "depth": len(model.blocks),
        "num_classes": model.head.out_features,
        "token_dim": block.token_mixer.mlp.expand.out_features,
        "mlp_dim": block.channel_mixer.expand.out_features,
        "dropout": block.dropout.p,
    }


def _convmixer(model: Any) -> Sizes:
    names = {layer: name for name, layer in ACTIVATIONS.items()}
    return {
        "grid": model.grid,
        "dim": model.head.in_features,
        "depth": len(model.blocks),
        "kernel_size": model.blocks[0].spatial[0].kernel_size[0],
        "num_classes": model.head.out_features,
        "activation": names[type(model.embed[1])],
    }


def _hybrid(model: Any) -> Sizes:
    by_kind = dict(zip(model.kinds, model.blocks, strict=True))
    sizes = {
        "grid": model.embed.grid,
        "blocks": model.kinds,
        "dim": model.embed.projection.out_features,
        "num_classes": model.head.out_features,
    }
    if "a" in by_kind:
        sizes["heads"] = by_kind["a"].token_mixer.heads
    if "m" in by_kind:
        sizes["token_dim"] = by_kind["m"].token_mixer.mlp.expand.out_features
    if "c" in by_kind:
        sizes["kernel_size"] = by_kind["c"].layer.spatial[0].kernel_size[0]
    for block in (by_kind[kind] for kind in "am" if kind in by_kind):
        sizes["mlp_dim"] = block.channel_mixer.expand.out_features
    return sizes


READERS: dict[type[nn.Module], Callable[[Any], Sizes]] = {
    ViT: _vit,
    DeiT: _deit,
    MLPMixer: _mlp_mixer,
    ConvMixer: _convmixer,
    Hybrid: _hybrid,
}
