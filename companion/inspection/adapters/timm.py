"""Listen to the attention of timm's vision transformers.

Their layers have a plain way to compute attention beside the fused one. While it is recorded they
take the plain one, whose weights pass through a dropout layer, and there they are heard.
Source: timm's `Attention`, https://github.com/huggingface/pytorch-image-models.
"""

from contextlib import ExitStack
from typing import Any

from torch import Tensor, nn

from companion.inspection.adapters.listening import (
    Grid,
    Hear,
    Listener,
    NothingRecorded,
    loaded,
    prefix_names,
    set_while,
)

MODELS = (
    "timm.models.vision_transformer.VisionTransformer",  # ViT, DeiT, DINO, DINOv2, CLIP, ...
    "timm.models.eva.Eva",  # EVA-02, DINOv3
    "timm.models.beit.Beit",
)
# Versions differ in where a class lies: what is not there is passed over.
LAYERS = (
    "timm.layers.attention.Attention",
    "timm.layers.attention.AttentionRope",
    "timm.models.vision_transformer.Attention",
    "timm.models.vision_transformer.ParallelScalingBlock",
    "timm.models.eva.EvaAttention",
    "timm.models.beit.Attention",
)


def listen_to_timm(root: nn.Module, hear: Hear, stack: ExitStack) -> int:
    """Let `hear` have the weights of every timm vision transformer in `root`, until `stack` closes.

    Returns how many layers are listened to.

    Raises:
        NothingRecorded: such a model has attention of another kind than timm's usual.
    """
    models = [(n, m) for n, m in root.named_modules() if isinstance(m, loaded(*MODELS))]
    return sum(_listen_to_model(name, model, hear, stack) for name, model in models)


def _listen_to_model(path: str, model: Any, hear: Hear, stack: ExitStack) -> int:
    parts: list[tuple[str, Any]] = list(model.named_modules(prefix=path))
    layers = {name: layer for name, layer in parts if isinstance(layer, loaded(*LAYERS))}
    if not layers:
        theirs = sorted({type(part).__name__ for _, part in parts if hasattr(part, "attn_drop")})
        raise NothingRecorded(
            f"{type(model).__name__} with {', '.join(theirs)} cannot be recorded: of timm's kinds "
            f"of attention, {', '.join(name.split('.', 2)[2] for name in LAYERS)} can"
        )
    grid = Grid(
        model.patch_embed,
        model.patch_embed.proj,
        patch_size=model.patch_embed.feat_ratio(as_scalar=False),
        prefix=_prefix_of(model),
        stack=stack,
    )
    for name, layer in layers.items():
        set_while(stack, layer, "fused_attn", False)
        stack.enter_context(layer.attn_drop.register_forward_hook(_listener(name, hear, grid)))
    return len(layers)


def _prefix_of(model: Any) -> list[str]:
    class_token = getattr(model, "cls_token", None) is not None
    distillation = getattr(model, "dist_token", None) is not None
    registers = model.num_prefix_tokens - class_token - distillation
    return prefix_names(class_token=class_token, distillation=distillation, registers=registers)


def _listener(layer: str, hear: Hear, grid: Grid) -> Listener:
    def listen(_: nn.Module, __: tuple[Tensor, ...], weights: Tensor) -> None:
        hear(layer, weights, grid.layout(weights))

    return listen
