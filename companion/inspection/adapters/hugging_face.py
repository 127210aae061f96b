"""Listen to the attention of Hugging Face's vision transformers, BERT and DistilBERT.

Which implementation a layer takes is looked up in its configuration at every call. While it is
recorded that says "eager", the only one that has weights to give. In transformers 4.52 the text
models have chosen when they were built: their layers are of another class, and their masks are made
for it. Both are put back to the plain kind while it is recorded.
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
TEXT_FAMILIES = {"bert": "Bert", "distilbert": "DistilBert"}
# By version: transformers 5 gives cross-attention a class of its own, and no plain name to
# DistilBERT's layer.
TEXT_LAYERS = ("SelfAttention", "CrossAttention", "MultiHeadSelfAttention")
# What a text model of transformers 4.52 was told when it was built, and what "eager" would have
# told it.
BUILT = {"attn_implementation": "eager", "_use_sdpa": False, "_use_flash_attention_2": False}


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
                grid = _grid(model, stack)
                places += _listen_to_model(path, model, layers, hear, stack, grid)
    for family, name in TEXT_FAMILIES.items():
        module = f"transformers.models.{family}.modeling_{family}"
        layers = loaded(*(f"{module}.{own}{kind}" for kind in TEXT_LAYERS for own in (name, "")))
        for path, model in root.named_modules():
            if isinstance(model, loaded(f"{module}.{name}Model")):
                _build_plainly(model, layers, stack)
                places += _listen_to_model(path, model, layers, hear, stack, None)
    return places


def _build_plainly(model: nn.Module, kinds: tuple[type[Any], ...], stack: ExitStack) -> None:
    """Make a text model what it would be, had it been built with "eager", until `stack` closes."""
    for name, plain in BUILT.items():
        if hasattr(model, name):
            set_while(stack, model, name, plain)
    for layer in model.modules():
        # Theirs alone: a reader's own subclass computes what it likes.
        for base in (kind for kind in kinds if isinstance(layer, kind)):
            if type(layer) is not base and type(layer).__module__ == base.__module__:
                set_while(stack, layer, "__class__", base)


def _grid(model: Any, stack: ExitStack) -> Grid:
    """What knows the patches of a vision transformer."""
    embeddings = model.embeddings
    registers = getattr(embeddings, "register_tokens", None)
    prefix = prefix_names(
        class_token=hasattr(embeddings, "cls_token"),
        distillation=hasattr(embeddings, "distillation_token"),
        registers=registers.shape[1] if registers is not None else 0,
    )
    projection = next(m for m in embeddings.modules() if isinstance(m, nn.Conv2d))
    patch_size: Any = projection.stride
    return Grid(projection, projection, patch_size=patch_size, prefix=prefix, stack=stack)


def _listen_to_model(
    path: str,
    model: Any,
    kinds: tuple[type[Any], ...],
    hear: Hear,
    stack: ExitStack,
    grid: Grid | None,
) -> int:
    parts: list[tuple[str, Any]] = list(model.named_modules(prefix=path))
    layers = {name: layer for name, layer in parts if isinstance(layer, kinds)}
    for name, layer in layers.items():
        # The name behind the property: the property gives no None, and could not put it back.
        config = getattr(layer, "config", model.config)
        set_while(stack, config, "_attn_implementation_internal", "eager")
        _Listener(name, hear, grid).listen(layer, stack)
    return len(layers)


class _Listener:
    """Hears one layer, and makes one that gives its weights on demand only give them."""

    def __init__(self, name: str, hear: Hear, grid: Grid | None) -> None:
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
        layout = self.grid.layout(output[1]) if self.grid else None
        self.hear(self.name, output[1], layout)
        return output if self.asked else output[:1] + output[2:]
