"""Weights under other libraries' names and under ours, there and back; the names are timm's.

A pair of names stands for a module, `#` for a block's number; what a module calls its own weights
(weight, bias, running_mean) is the same on both sides. What has no pair is refused, so that nothing
is lost in silence.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from einops import rearrange
from torch import Tensor, nn

ModelT = TypeVar("ModelT", bound=nn.Module)

KERNEL = "embed.projection.weight"  # a linear map of flat patches here, a convolution elsewhere

VIT = {
    "cls_token": "class_token.token",
    "pos_embed": "positions.table",
    "patch_embed.proj": "embed.projection",
    "blocks.#.norm1": "blocks.#.norm1",
    "blocks.#.attn.qkv": "blocks.#.token_mixer.qkv",
    "blocks.#.attn.proj": "blocks.#.token_mixer.output",
    "blocks.#.norm2": "blocks.#.norm2",
    "blocks.#.mlp.fc1": "blocks.#.channel_mixer.expand",
    "blocks.#.mlp.fc2": "blocks.#.channel_mixer.contract",
    "norm": "pool.norm",
    "head": "head",
}
MLP_MIXER = {
    "stem.proj": "embed.projection",
    "blocks.#.norm1": "blocks.#.norm1",
    "blocks.#.mlp_tokens.fc1": "blocks.#.token_mixer.mlp.expand",
    "blocks.#.mlp_tokens.fc2": "blocks.#.token_mixer.mlp.contract",
    "blocks.#.norm2": "blocks.#.norm2",
    "blocks.#.mlp_channels.fc1": "blocks.#.channel_mixer.expand",
    "blocks.#.mlp_channels.fc2": "blocks.#.channel_mixer.contract",
    "norm": "pool.norm",
    "head": "head",
}
CONVMIXER = {
    "stem.0": "embed.0",
    "stem.2": "embed.2",
    "blocks.#.0.fn.0": "blocks.#.spatial.0",
    "blocks.#.0.fn.2": "blocks.#.spatial.2",
    "blocks.#.1": "blocks.#.channel.0",
    "blocks.#.3": "blocks.#.channel.2",
    "head": "head",
}


def rename(weights: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """Give each weight its new name; `names` maps modules' old names to new ones.

    Raises:
        ValueError: a weight's name matches none of them.
    """
    renamed, unknown = {}, []
    for name, weight in weights.items():
        new = next(filter(None, (_renamed(name, *pair) for pair in names.items())), None)
        if new is None:
            unknown.append(name)
        else:
            renamed[new] = weight
    if unknown:
        raise ValueError(
            f"{len(unknown)} of {len(weights)} weights have no place in this model, "
            f"first {sorted(unknown)[:3]}: is it of the plain kind that its paper describes?"
        )
    return renamed


def _renamed(name: str, old: str, new: str) -> str | None:
    """The new name of a weight of the module `old`; None if it is not one."""
    pattern = re.escape(old).replace(r"\#", "#").replace("#", r"(?P<block>\d+)")
    found = re.fullmatch(rf"{pattern}(?P<own>|\.\w+)", name)
    if found is None:
        return None
    parts = found.groupdict()
    return new.replace("#", parts.get("block") or "") + parts["own"]


def inverse(names: Mapping[str, str]) -> dict[str, str]:
    """The way back: from new names to old ones."""
    return {new: old for old, new in names.items()}


def filled(model: ModelT, weights: Mapping[str, Tensor]) -> ModelT:
    """The model with weights under our names, for evaluation.

    Raises:
        ValueError: a weight is missing, has no place, or is of another shape.
    """
    flat = dict(weights)
    if KERNEL in flat:
        flat[KERNEL] = rearrange(flat[KERNEL], "d c p q -> d (c p q)")
    try:
        model.load_state_dict(flat)
    except RuntimeError as error:
        raise ValueError(f"the weights do not fit a {type(model).__name__}: {error}") from None
    return model.eval()


def with_kernel(weights: Mapping[str, Tensor], patch_size: int) -> dict[str, Tensor]:
    """The way back: our weights with the patch embedding as a convolution's kernel."""
    shaped = dict(weights)
    if KERNEL in shaped:
        p = patch_size
        shaped[KERNEL] = rearrange(shaped[KERNEL], "d (c p q) -> d c p q", p=p, q=p)
    return shaped


def read_weights(path: Path) -> dict[str, Tensor]:
    """Weights by name out of a safetensors file.

    Raises:
        ValueError: the file is missing, or not complete.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}") from None
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a complete safetensors file ({error}): fetch it again"
        ) from None
