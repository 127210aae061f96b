"""Listen to the attention of Hugging Face's vision transformers.

Which implementation a layer takes is looked up in its configuration at every call. While it is
recorded that says "eager", the only one that has weights to give.
Source: https://huggingface.co/docs/transformers/attention_interface.
"""

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from torch import Tensor, nn

from companion.inspection.adapters.listening import (
    Grid,
    Hear,
    NothingRecorded,
    loaded,
    prefix_names,
    set_while,
)

FAMILIES = {
    "vit": "ViT",
    "deit": "DeiT",
    "dinov2": "Dinov2",
    "dinov2_with_registers": "Dinov2WithRegisters",
    "dinov3_vit": "DINOv3ViT",
}


def listen_to_hugging_face(root: nn.Module, hear: Hear, stack: ExitStack) -> int:
    """Let `hear` have the weights of every model of `FAMILIES` in `root`, until `stack` closes.

    Returns how many layers are listened to.
    """
    places = 0
    for family, name in FAMILIES.items():
        stem = f"transformers.models.{family}.modeling_{family}.{name}"
        # Up to some version the weights are made in ViTSelfAttention, then in ViTAttention.
        layers = loaded(f"{stem}SelfAttention") or loaded(f"{stem}Attention")
        models = loaded(f"{stem}Model", f"{stem}Backbone")
        for path, model in root.named_modules():
            if isinstance(model, models):
                places += _listen_to_model(path, model, layers, hear, stack)
    return places


def _listen_to_model(
    path: str, model: Any, kinds: tuple[type[Any], ...], hear: Hear, stack: ExitStack
) -> int:
    embeddings = model.embeddings
    registers = getattr(embeddings, "register_tokens", None)
    prefix = prefix_names(
        class_token=hasattr(embeddings, "cls_token"),
        distillation=hasattr(embeddings, "distillation_token"),
        registers=registers.shape[1] if registers is not None else 0,
    )
    projection = next(m for m in embeddings.modules() if isinstance(m, nn.Conv2d))
    patch_size: Any = projection.stride
    grid = Grid(projection, projection, patch_size=patch_size, prefix=prefix, stack=stack)
    parts: list[tuple[str, Any]] = list(model.named_modules(prefix=path))
    layers = {name: layer for name, layer in parts if isinstance(layer, kinds)}
    for name, layer in layers.items():
        # The name behind the property: the property gives no None, and could not put it back.
        set_while(stack, layer.config, "_attn_implementation_internal", "eager")
        _Listener(name, hear, grid).listen(layer, stack)
    return len(layers)


class _Listener:
    """Hears one layer, and makes one that gives its weights on demand only give them."""

    def __init__(self, name: str, hear: Hear, grid: Grid) -> None:
        self.name = name
        self.hear = hear
        self.grid = grid
        self.asked = True

    def listen(self, layer: nn.Module, stack: ExitStack) -> None:
        signature = inspect.signature(type(layer).forward)
        if "output_attentions" in signature.parameters:
            ask = self._asker(signature)
            stack.enter_context(layer.register_forward_pre_hook(ask, with_kwargs=True))
        # Of several recordings the innermost hears first, and the outermost takes away what only
        # it had asked for.
        stack.enter_context(layer.register_forward_hook(self._take, prepend=True))

    def _asker(self, signature: inspect.Signature) -> Callable[..., Any]:
        def ask(layer: nn.Module, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
            call = signature.bind(layer, *args, **kwargs)
            self.asked = bool(call.arguments.get("output_attentions", False))
            call.arguments["output_attentions"] = True
            return call.args[1:], call.kwargs

        return ask

    def _take(self, _: nn.Module, __: tuple[Tensor, ...], output: Any) -> Any:
        if len(output) < 2 or not isinstance(output[1], Tensor):
            raise NothingRecorded(
                f"{self.name} gave no weights: this version of transformers does it in a way "
                "that is not known here; 4.52 and 5.15 are"
            )
        self.hear(self.name, output[1], self.grid.layout(output[1]))
        return output if self.asked else output[:1]
