"""Whether a model computes what the plain model of its paper does, and not only looks like it.

Weights of another computation (another activation, norms elsewhere, another grid) can have the same
names and shapes. So a plain model of the same sizes is built beside it, without memory, and the two
are compared module by module.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import torch
from torch import nn

from companion.inspection.adapters.wrappers import plain_name, unwrapped
from companion.models.convmixer import Activation

LIBRARIES = ("torch", "timm", "transformers", "companion")
# What does nothing in evaluation, and what says how to compute or train, but not what.
INERT = ("Identity", "Dropout", "DropPath", "PatchDropout")
WITHOUT_EFFECT = {
    *("training", "fused_attn", "strict_img_size", "grad_checkpointing"),
    *("fix_init", "weight_init_mode"),
    *("dropout_prob", "attention_dropout", "gradient_checkpointing", "name_or_path"),
}


def require_plain(source: nn.Module, kind: str) -> Any:
    """The timm model in `source`, if it is a plain "ViT", "MLP-Mixer" or "ConvMixer".

    A plain ViT has a class token, pre-norm blocks, GELU and a head.

    Raises:
        ValueError: it is another kind of model, or differs; the first differences are named.
    """
    model: Any = unwrapped(source)
    where, twin, called = PLAIN[kind]
    if f"{type(model).__module__}.{type(model).__name__}" != where:
        raise ValueError(f"{type(model).__name__} is not a timm {called}: give a {where}")
    require_same(model, twin(model), kind)
    return model


def require_same(model: nn.Module, twin: nn.Module, kind: str) -> None:
    """Refuse a model that computes something else than its plain twin, a `kind` of model.

    Raises:
        ValueError: the first differences are named, with the module each is found in.
    """
    found, wanted = _described(model), _described(twin)
    differences = [
        f"{name or 'the model'} has {difference}"
        for name in dict.fromkeys([*found, *wanted])
        for difference in _differences(found.get(name, {}), wanted.get(name, {}))
    ]
    if differences:
        more = f", and {len(differences) - 3} more" if len(differences) > 3 else ""
        raise ValueError(
            f"the model computes something else than a plain {kind}, whatever its weights are "
            f"called: {', '.join(differences[:3])}{more}"
        )


def activation_of(model: Any) -> Activation | None:
    """That of a timm ConvMixer's stem; None if it is another one than ours know."""
    kinds: dict[type[nn.Module], Activation] = {nn.GELU: "gelu", nn.ReLU: "relu"}
    return kinds.get(type(model.stem[1]))


def _plain_vit(model: Any) -> nn.Module:
    """timm's plain ViT of the model's sizes, without numbers."""
    from timm.models.vision_transformer import VisionTransformer

    embed = model.patch_embed
    hidden_dim = _size(model, "blocks.0.mlp.fc1.out_features", 4 * model.embed_dim)
    with torch.device("meta"):
        return VisionTransformer(
            img_size=embed.patch_size[0] * embed.grid_size[0] if embed.grid_size else 224,
            patch_size=embed.patch_size[0],
            in_chans=model.in_chans,
            num_classes=model.num_classes,
            embed_dim=model.embed_dim,
            depth=len(model.blocks),
            num_heads=_size(model, "blocks.0.attn.num_heads", 1),
            mlp_ratio=(hidden_dim + 0.5) / model.embed_dim,  # timm rounds down
            dynamic_img_size=model.dynamic_img_size,
            weight_init="skip",
        )


def _plain_mlp_mixer(model: Any) -> nn.Module:
    from timm.models.mlp_mixer import MlpMixer

    stem = model.stem
    hidden = (
        _size(model, "blocks.0.mlp_tokens.fc1.out_features", model.embed_dim),
        _size(model, "blocks.0.mlp_channels.fc1.out_features", model.embed_dim),
    )
    with torch.device("meta"):
        return MlpMixer(
            img_size=stem.patch_size[0] * stem.grid_size[0],
            patch_size=stem.patch_size[0],
            in_chans=model.in_chans,
            num_classes=model.num_classes,
            num_blocks=len(model.blocks),
            embed_dim=model.embed_dim,
            mlp_ratio=tuple((size + 0.5) / model.embed_dim for size in hidden),  # timm rounds down
        )


def _plain_convmixer(model: Any) -> nn.Module:
    from timm.models.convmixer import ConvMixer

    with torch.device("meta"):
        return ConvMixer(
            dim=model.num_features,
            depth=len(model.blocks),
            kernel_size=model.blocks[0][0].fn[0].kernel_size[0],
            patch_size=model.stem[0].kernel_size[0],
            in_chans=model.in_chans,
            num_classes=model.num_classes,
            act_layer=nn.ReLU if activation_of(model) == "relu" else nn.GELU,
        )


# What we call it -> timm's class, its plain twin, what an error calls it.
PLAIN: dict[str, tuple[str, Callable[[Any], nn.Module], str]] = {
    "ViT": (
        "timm.models.vision_transformer.VisionTransformer",
        _plain_vit,
        "vision transformer",
    ),
    "MLP-Mixer": ("timm.models.mlp_mixer.MlpMixer", _plain_mlp_mixer, "MLP-Mixer"),
    "ConvMixer": ("timm.models.convmixer.ConvMixer", _plain_convmixer, "ConvMixer"),
}


def _size(model: nn.Module, path: str, otherwise: int) -> int:
    """A size of a part, or `otherwise`: a part that is missing will be named as a difference."""
    try:
        return int(attrgetter(path)(model))
    except AttributeError:
        return otherwise


def _differences(found: dict[str, object], wanted: dict[str, object]) -> list[str]:
    """In words; settings matter where the kinds are the same, and as far as both have them."""
    same_kind = found.get("kind") == wanted.get("kind")
    return [
        f"{setting}={found.get(setting)!r} where it has {wanted.get(setting)!r}"
        for setting in (sorted(found.keys() & wanted.keys()) if same_kind else ["kind"])
        if found.get(setting) != wanted.get(setting)
    ]


def _described(model: nn.Module) -> dict[str, dict[str, object]]:
    """Of every module that does something its kind, and what it was set to."""
    described: dict[str, dict[str, object]] = {}
    for name, module in model.named_modules():
        kind = type(module).__name__
        if type(module).__module__.partition(".")[0] not in LIBRARIES:
            kind = f"{type(module).__module__}.{kind}"
        settings = {
            key: value
            for key, value in vars(module).items()
            if not key.startswith("_")
            and key not in WITHOUT_EFFECT
            and isinstance(value, bool | int | float | str | tuple)
        }
        described[plain_name(name)] = {} if kind in INERT else {"kind": kind, **settings}
    return described
