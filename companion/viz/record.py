"""Listen to attention while a model runs.

Axes: b batch, h heads, q and k query and key positions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from companion.parts.attention import AttentionTap, TokenLayout


@dataclass(frozen=True)
class AttentionMap:
    """One layer's attention in one call of the model.

    Attributes:
        layer: the layer's name in the model, such as `blocks.3.token_mixer`.
        weights: (b, h, q, k); rows sum to one. Part of the graph when gradients are on.
        layout: which tokens are prefix and which are patches; None where the model has no patches.
    """

    layer: str
    weights: Tensor
    layout: TokenLayout | None


class NothingRecorded(ValueError):
    """Attention was to be recorded and none came by."""


@contextmanager
def record_attention(model: nn.Module) -> Iterator[list[AttentionMap]]:
    """Collect the attention weights of every call made inside the `with` block, in call order.

    While it records, layers compute their weights explicitly; before and after, they use the
    fused kernel and nothing is paid. Recordings may be nested.

    Raises:
        NothingRecorded: the model has no `AttentionTap`, or was not called in the block.
    """
    taps = {name: tap for name, tap in model.named_modules() if isinstance(tap, AttentionTap)}
    if not taps:
        raise NothingRecorded(
            f"{type(model).__name__} has no AttentionTap: only models made of companion.parts "
            "can be recorded"
        )
    maps: list[AttentionMap] = []
    handles = [
        tap.register_forward_hook(_listener(maps, name.removesuffix(".tap")))
        for name, tap in taps.items()
    ]
    try:
        yield maps
    finally:
        for handle in handles:
            handle.remove()
    if not maps:
        raise NothingRecorded(
            "no attention came by: call the model inside the block, "
            "as in `with record_attention(model) as maps: model(images)`"
        )


def _listener(maps: list[AttentionMap], layer: str):  # type: ignore[no-untyped-def]
    def listen(tap: AttentionTap, _: tuple[Tensor, ...], weights: Tensor) -> None:
        maps.append(AttentionMap(layer, weights, tap.layout))

    return listen
