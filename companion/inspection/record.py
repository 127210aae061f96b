"""Listen to attention while a model runs.

Axes: b batch, h heads, q and k query and key positions.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from companion.inspection.adapters.hugging_face import listen_to_hugging_face
from companion.inspection.adapters.listening import Hear, NothingRecorded
from companion.inspection.adapters.timm import listen_to_timm
from companion.inspection.adapters.wrappers import plain_name, prepared, require_kept
from companion.parts.attention.tap import AttentionTap, TokenLayout


@dataclass(frozen=True)
class AttentionMap:
    """One layer's attention in one call of the model.

    Attributes:
        layer: the layer's name in the model, such as `blocks.3.token_mixer`.
        weights: (b, h, q, k); rows sum to one, unless dropout thins them out in training. Part
            of the graph when gradients are on.
        layout: which tokens are prefix (class, distillation, registers) and which are patches;
            None where the model has no patches, or dropped some.
    """

    layer: str
    weights: Tensor
    layout: TokenLayout | None


@contextmanager
def record_attention(model: nn.Module) -> Iterator[list[AttentionMap]]:
    """Collect the attention weights of every call made inside the `with` block, in call order.

    Whose attention:

    - models made of `companion.parts`;
    - timm's `VisionTransformer` (ViT, DeiT, DINO, DINOv2), `Eva` (EVA-02, DINOv3), and `Beit`;
    - Hugging Face's ViT, DeiT, DINOv2, with registers or without, and DINOv3, BERT and DistilBERT;
    - any of these inside another module, inside `torch.compile`, and inside
      `DistributedDataParallel`, where each process sees its own part of the batch.

    While it records, layers compute their weights explicitly, and compiled code runs as it was
    written; before and after, they use the fused kernel and nothing is paid. What was switched
    off is as it was when the block ends, also by an error. Recordings may be nested. Gradient
    checkpointing is switched off too, at the cost of the memory that it saves.

    Raises:
        NothingRecorded: no layer of the model can be recorded, or none was called in the block.
        ValueError: it is no torch module, runs on several devices through `DataParallel`, or calls
            torch.utils.checkpoint by itself.
    """
    maps: list[AttentionMap] = []

    def hear(layer: str, weights: Tensor, layout: TokenLayout | None) -> None:
        require_kept(layer, weights)
        maps.append(AttentionMap(plain_name(layer), weights, layout))

    with ExitStack() as stack:
        inner = prepared(model, stack)
        adapters = (_listen_to_taps, listen_to_timm, listen_to_hugging_face)
        if not sum(listen(inner, hear, stack) for listen in adapters):
            raise NothingRecorded(
                f"{type(inner).__name__} has no AttentionTap and no attention of another kind "
                "that is known here: models made of companion.parts can be recorded, timm's "
                "VisionTransformer, Eva and Beit, and Hugging Face's ViT, DeiT, DINOv2, DINOv3, "
                "BERT and DistilBERT"
            )
        yield maps
    if not maps:
        raise NothingRecorded(
            "no attention came by: call the model inside the block, "
            "as in `with record_attention(model) as maps: model(images)`"
        )


def _listen_to_taps(root: nn.Module, hear: Hear, stack: ExitStack) -> int:
    taps = {name: tap for name, tap in root.named_modules() if isinstance(tap, AttentionTap)}
    for name, tap in taps.items():
        stack.enter_context(tap.register_forward_hook(_listener(name.removesuffix(".tap"), hear)))
    return len(taps)


def _listener(layer: str, hear: Hear) -> Callable[..., None]:
    def listen(tap: AttentionTap, _: tuple[Tensor, ...], weights: Tensor) -> None:
        hear(layer, weights, tap.layout)

    return listen
