"""Hugging Face's Vision Transformers in our own classes, name for name; and ours as theirs.

What transformers calls ViT is also what it stores a DeiT without distillation token in, and,
without a head, DINO. Source of the names: `modeling_vit.py` and `modeling_deit.py`,
https://github.com/huggingface/transformers, whose versions 4 and 5 differ.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from companion.inspection.adapters.wrappers import plain_name, unwrapped
from companion.models.deit import DeiT
from companion.models.vit import ViT
from companion.parts.blocks import NORM_EPS
from companion.parts.patches import PatchGrid
from companion.pretrained.hugging_face.vision_names import (
    body_names,
    deit_names,
    ours,
    theirs,
    version_of,
    vit_names,
)
from companion.pretrained.hugging_face.vision_source import (
    BODY,
    DEIT,
    VIT,
    classes_of,
    opened,
    side,
)
from companion.pretrained.names import filled, with_kernel
from companion.pretrained.sizes import sizes_of

ModelT = TypeVar("ModelT", ViT, DeiT)

# Parts that have no say in what the last layer's tokens are.
UNUSED = ("pooler.", "embeddings.mask_token")


def load_hugging_face_vit(source: str | Path | nn.Module) -> ViT:
    """A `ViT` with Hugging Face's weights, in evaluation mode; its logits are those of theirs.

    The norms have the model's own eps, which is 1e-12 where its configuration says nothing, against
    1e-6 in the papers and in ours.

    Args:
        source: a `ViTForImageClassification`, also inside `torch.compile` or `DataParallel`; or a
            folder that its `save_pretrained` wrote; or a name on the hub such as
            "google/vit-base-patch16-224" or "facebook/deit-tiny-patch16-224", which is downloaded.

    Raises:
        ValueError: it is a model of another kind, or computes something else than a plain ViT, or
            some of its weights are missing; the difference is named.
    """
    model = opened(source, VIT)
    made = ViT(**_sizes(model, model.classifier))
    return _filled(made, model, vit_names)


def load_hugging_face_dino(source: str | Path | nn.Module) -> ViT:
    """A `ViT` without head, such as DINO's: images -> the class token (b, dim), normalised.

    That is `last_hidden_state[:, 0]` of theirs. Its pooler, which DINO has not, is left out.

    Args:
        source: as in `load_hugging_face_vit`, but a `ViTModel`; a name is for example
            "facebook/dino-vits16".

    Raises:
        ValueError: as in `load_hugging_face_vit`; DINOv2 and v3 are other models.
    """
    model = opened(source, BODY)
    made = ViT(**_sizes(model, None))
    made.head = nn.Identity()
    return _filled(made, model, body_names)


def load_hugging_face_deit(source: str | Path | nn.Module) -> DeiT:
    """A `DeiT` with Hugging Face's weights, in evaluation mode; its logits are those of theirs.

    Args:
        source: as in `load_hugging_face_vit`, but a `DeiTForImageClassificationWithTeacher`; a
            name is for example "facebook/deit-tiny-distilled-patch16-224".

    Raises:
        ValueError: as in `load_hugging_face_vit`. A DeiT without distillation token is a ViT.
    """
    model = opened(source, DEIT)
    made = DeiT(**_sizes(model, model.cls_classifier))
    return _filled(made, model, deit_names)


def to_hugging_face(model: ViT | DeiT) -> Any:
    """Our model as transformers' own, with its weights, in evaluation mode, on the CPU.

    A `ViT` becomes a `ViTForImageClassification`, or a `ViTModel` if its head is `nn.Identity`, and
    a `DeiT` a `DeiTForImageClassificationWithTeacher`. So it can be saved, fine-tuned and put into
    a pipeline. It takes images of the grid's size.

    Raises:
        ValueError: the model is of another kind, or a part was exchanged, which is named.
    """
    plain = unwrapped(model)
    if not isinstance(plain, ViT | DeiT):
        raise ValueError(f"a {type(plain).__name__} has no counterpart there: give a ViT or a DeiT")
    eps = getattr(getattr(plain.pool, "norm", None), "eps", NORM_EPS)
    sizes = sizes_of(plain, eps=eps)
    headless = isinstance(plain.head, nn.Identity)
    name = DEIT if isinstance(plain, DeiT) else BODY if headless else VIT
    grid = sizes["grid"]
    config = {
        "hidden_size": sizes["dim"],
        "num_hidden_layers": sizes["depth"],
        "num_attention_heads": sizes["heads"],
        "intermediate_size": sizes["mlp_dim"],
        "hidden_dropout_prob": sizes["dropout"],
        "image_size": grid.image_size,
        "patch_size": grid.patch_size,
        "num_channels": grid.channels,
        "num_labels": sizes["num_classes"],
        "layer_norm_eps": eps,
    }
    model_class, config_class = classes_of(name)
    options = {"add_pooling_layer": False} if name == BODY else {}
    made = model_class(config_class(**config), **options)
    names = {VIT: vit_names, BODY: body_names, DEIT: deit_names}[name]
    weights = with_kernel(plain.state_dict(), grid.patch_size)
    made.load_state_dict(theirs(weights, names(version_of(made.state_dict()))))
    return made.eval()


def _sizes(model: Any, head: Any) -> dict[str, Any]:
    given = model.config
    if isinstance(head, nn.Identity):
        raise ValueError("the model has no head: its num_labels is 0")
    return {
        "grid": PatchGrid(side(given.image_size), side(given.patch_size), given.num_channels),
        "dim": given.hidden_size,
        "depth": given.num_hidden_layers,
        "heads": given.num_attention_heads,
        "num_classes": given.num_labels if head is not None else 1,
        "mlp_dim": given.intermediate_size,
    }


def _filled(made: ModelT, model: Any, names: Callable[..., dict[str, str]]) -> ModelT:
    """Our model with theirs' weights and eps."""
    weights = {plain_name(name): weight for name, weight in model.state_dict().items()}
    used = {name: weight for name, weight in weights.items() if not name.startswith(UNUSED)}
    for norm in made.modules():
        if isinstance(norm, nn.LayerNorm):
            norm.eps = model.config.layer_norm_eps
    return filled(made, ours(used, names(version_of(used))))
