"""Models of transformers as they are given: themselves, a folder, a name; and whether plain."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from companion.inspection.adapters.wrappers import unwrapped
from companion.pretrained.plain import require_same

VIT, BODY = "ViTForImageClassification", "ViTModel"
DEIT = "DeiTForImageClassificationWithTeacher"
# transformers' class -> the type of model that its configuration names, and the configuration.
FAMILY = {VIT: "vit", BODY: "vit", DEIT: "deit"}
CONFIGS = {"vit": "ViTConfig", "deit": "DeiTConfig"}


def classes_of(name: str) -> tuple[Any, Any]:
    """transformers' class of this name, and that of its configuration."""
    import transformers

    return getattr(transformers, name), getattr(transformers, CONFIGS[FAMILY[name]])


def opened(source: str | Path | nn.Module, name: str) -> Any:
    """transformers' model of this class, if it is a plain one.

    Raises:
        ValueError: it is another kind of model, computes something else, or weights are missing in
            its folder; the difference is named.
    """
    model: Any = unwrapped(source if isinstance(source, nn.Module) else _read(source, name))
    where = f"transformers.models.{FAMILY[name]}.modeling_{FAMILY[name]}"
    if (type(model).__module__, type(model).__name__) != (where, name):
        raise ValueError(f"a {type(model).__name__} is not transformers' {name}: give one of those")
    require_same(model, _twin(model, name), name)
    return model


def _read(source: str | Path, name: str) -> Any:
    import transformers

    if isinstance(source, Path) and not source.is_dir():
        raise ValueError(f"there is no folder {source}: give one that save_pretrained wrote")
    found = transformers.AutoConfig.from_pretrained(source).model_type
    if found != FAMILY[name]:
        raise ValueError(f"{source} is a model of type {found!r}, and not {FAMILY[name]!r}")
    options = {"add_pooling_layer": False} if name == BODY else {}
    model, report = classes_of(name)[0].from_pretrained(source, output_loading_info=True, **options)
    missing = sorted(report["missing_keys"])
    if missing:
        raise ValueError(
            f"{source} is no {name}: {len(missing)} weights are not in it, first {missing[:3]}, "
            "and random ones would stand there"
        )
    return model


def _twin(model: Any, name: str) -> nn.Module:
    """A plain model of the same sizes, without numbers."""
    given, (model_class, config_class) = model.config, classes_of(name)
    sizes = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    config = config_class(
        **{size: getattr(given, size) for size in sizes},
        image_size=side(given.image_size),
        patch_size=side(given.patch_size),
        num_channels=given.num_channels,
        num_labels=given.num_labels,
        layer_norm_eps=given.layer_norm_eps,
    )
    options = {}
    if name == BODY:
        masked = model.embeddings.mask_token is not None
        options = {"add_pooling_layer": model.pooler is not None, "use_mask_token": masked}
    with torch.device("meta"):
        twin: nn.Module = model_class(config, **options)
    return twin


def side(size: Any) -> int:
    """Of a square; of something else the first side, and the difference will be named."""
    return int(size if isinstance(size, int) else size[0])
