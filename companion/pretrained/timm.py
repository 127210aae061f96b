"""timm's published models in our own classes, name for name; and ours under timm's names.

Source of the names: timm's `vision_transformer.py`, `mlp_mixer.py` and `convmixer.py`,
https://github.com/huggingface/pytorch-image-models.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from companion.inspection.adapters.wrappers import plain_name
from companion.models.convmixer import Activation, ConvMixer
from companion.models.mlp_mixer import MLPMixer
from companion.models.vit import ViT
from companion.parts.patches import PatchGrid
from companion.pretrained.names import (
    CONVMIXER,
    MLP_MIXER,
    VIT,
    filled,
    inverse,
    read_weights,
    rename,
    with_kernel,
)
from companion.pretrained.plain import activation_of, require_plain


def load_vit(source: str | Path | nn.Module, *, heads: int | None = None) -> ViT:
    """A `ViT` with timm's weights, in evaluation mode; its logits are those of timm's model.

    A model is looked at module by module, and refused where it computes something else than a
    plain ViT. A file says nothing of that (activation, eps, heads): it is taken for a plain ViT's.

    Args:
        source: a timm model, also inside `torch.compile` or `DataParallel`, which takes images of
            other sizes if timm's does (`dynamic_img_size`); or a safetensors file of its weights,
            a path or text that ends in ".safetensors"; or a timm model name such as
            "vit_base_patch16_224", which is downloaded.
        heads: attention heads of each block. The weights of a file do not tell; elsewhere it
            is read from the model.

    Raises:
        ValueError: the model or the weights are not a plain ViT's, which names the difference, the
            file is missing, or the number of heads is not known or not the model's.
    """
    model, weights = _opened(source, "ViT")
    found = heads if model is None else model.blocks[0].attn.num_heads
    if found is None:
        raise ValueError(f"{source} does not say how many heads it has: pass heads=...")
    if heads not in (None, found):
        raise ValueError(f"heads={heads}: the model has {found}")
    needed = {"cls_token", "pos_embed", "patch_embed.proj.weight", "head.weight"}
    _require(weights, needed, "a ViT with class token and head")
    dim, channels, patch_size, _ = weights["patch_embed.proj.weight"].shape
    side = round((weights["pos_embed"].shape[1] - 1) ** 0.5)
    ours = ViT(
        PatchGrid(side * patch_size, patch_size, channels),
        dim=dim,
        depth=_depth(weights),
        heads=found,
        num_classes=len(weights["head.weight"]),
        mlp_dim=len(weights["blocks.0.mlp.fc1.weight"]),
        any_size=model is not None and bool(model.dynamic_img_size),
    )
    return filled(ours, rename(weights, VIT))


def load_mlp_mixer(source: str | Path | nn.Module) -> MLPMixer:
    """An `MLPMixer` with timm's weights, in evaluation mode; its logits are those of timm's model.

    Args:
        source: as in `load_vit`; a name is for example "mixer_b16_224".

    Raises:
        ValueError: the model or the weights are not a plain MLP-Mixer's, which names the
            difference (gated MLPs, ResMLP), or the file is missing.
    """
    _, weights = _opened(source, "MLP-Mixer")
    _require(weights, {"stem.proj.weight", "norm.weight", "head.weight"}, "an MLP-Mixer with head")
    dim, channels, patch_size, _ = weights["stem.proj.weight"].shape
    _require(weights, {"blocks.0.mlp_tokens.fc1.weight"}, "an MLP-Mixer with token MLPs")
    token_dim, num_patches = weights["blocks.0.mlp_tokens.fc1.weight"].shape
    ours = MLPMixer(
        PatchGrid(round(num_patches**0.5) * patch_size, patch_size, channels),
        dim=dim,
        depth=_depth(weights),
        num_classes=len(weights["head.weight"]),
        token_dim=token_dim,
        mlp_dim=len(weights["blocks.0.mlp_channels.fc1.weight"]),
    )
    return filled(ours, rename(weights, MLP_MIXER))


def load_convmixer(
    source: str | Path | nn.Module, *, image_size: int = 224, activation: Activation | None = None
) -> ConvMixer:
    """A `ConvMixer` with timm's weights, in evaluation mode; its logits are those of timm's model.

    Args:
        source: as in `load_vit`; a name is for example "convmixer_768_32".
        image_size: of the grid; images of other sizes are taken too.
        activation: "gelu" or "relu". The weights of a file do not tell (the published
            ConvMixer-768/32 has ReLU, the two others GELU); elsewhere it is read from the model.

    Raises:
        ValueError: the model or the weights are not a plain ConvMixer's, which names the
            difference, the file is missing, the activation is not known or not the model's, or
            patches do not tile `image_size`.
    """
    model, weights = _opened(source, "ConvMixer")
    if model is None and activation is None:
        raise ValueError(f"{source} does not say its activation: pass 'gelu' or 'relu'")
    found = activation if model is None else activation_of(model)
    if found is None or activation not in (None, found):
        raise ValueError(f"activation={activation!r}: the model has {found!r}")
    _require(weights, {"stem.0.weight", "blocks.0.0.fn.0.weight", "head.weight"}, "a ConvMixer")
    dim, channels, patch_size, _ = weights["stem.0.weight"].shape
    ours = ConvMixer(
        PatchGrid(image_size, patch_size, channels),
        dim=dim,
        depth=_depth(weights),
        kernel_size=weights["blocks.0.0.fn.0.weight"].shape[-1],
        num_classes=len(weights["head.weight"]),
        activation=found,
    )
    return filled(ours, rename(weights, CONVMIXER))


def timm_weights(model: ViT | MLPMixer | ConvMixer) -> dict[str, Tensor]:
    """The weights of one of our models as timm's model of the same sizes takes them.

    `timm_model.load_state_dict(timm_weights(model))` then gives the same logits.

    Raises:
        ValueError: the model is of another kind, or was changed so that timm has no place for it.
    """
    names = {ViT: VIT, MLPMixer: MLP_MIXER, ConvMixer: CONVMIXER}.get(type(model))
    if names is None:
        raise ValueError(f"timm has no {type(model).__name__}: give a ViT, MLPMixer or ConvMixer")
    return rename(with_kernel(model.state_dict(), _patch_size(model)), inverse(names))


def _patch_size(model: ViT | MLPMixer | ConvMixer) -> int:
    grid = model.grid if isinstance(model, ConvMixer) else model.embed.grid
    return int(grid.patch_size)


def _opened(source: str | Path | nn.Module, kind: str) -> tuple[Any, dict[str, Tensor]]:
    """timm's model, None where there is only a file, and the weights under timm's names."""
    if isinstance(source, str) and source.endswith(".safetensors"):
        source = Path(source)
    if isinstance(source, Path):
        return None, read_weights(source)
    if isinstance(source, str):
        import timm

        source = timm.create_model(source, pretrained=True)
    model = require_plain(source, kind)
    return model, {plain_name(name): weight for name, weight in model.state_dict().items()}


def _require(weights: Mapping[str, Tensor], needed: set[str], of: str) -> None:
    missing = sorted(needed - weights.keys())
    if missing:
        raise ValueError(f"not the weights of {of}: no {missing}")


def _depth(weights: Mapping[str, Tensor]) -> int:
    return 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
