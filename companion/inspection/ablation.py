"""Intervene: change attention on its way and see what the model still can do.

Axes: b batch, h heads, q and k tokens.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from torch import Tensor, nn

from companion.inspection.adapters.wrappers import plain_name, prepared, require_kept
from companion.parts.attention.tap import AttentionTap


@contextmanager
def change_attention(
    model: nn.Module, changes: Mapping[str, Callable[[Tensor], Tensor]]
) -> Iterator[None]:
    """Inside the `with` block, layers use the weights that a function makes of their own.

    Afterwards all is as before, also after an error. What is recorded by a `record_attention`
    opened inside the block are the changed weights; by one opened around it, the original ones.

    Args:
        model: made of `companion.parts`; wrapped, compiled and checkpointed ones are treated as by
            `record_attention`.
        changes: for a layer, named as in `AttentionMap.layer`, what becomes of its weights:
            (b, h, q, k) -> (b, h, q, k), such as `lambda w: w.mean(1, keepdim=True).expand_as(w)`.

    Raises:
        ValueError: the model has no such layer, or cannot be recorded either; while it runs, a
            change gives another shape.
    """
    with ExitStack() as stack:
        inner = prepared(model, stack)
        taps = {
            plain_name(name).removesuffix(".tap"): module
            for name, module in inner.named_modules()
            if isinstance(module, AttentionTap)
        }
        unknown = sorted(set(changes) - set(taps))
        if unknown:
            raise ValueError(
                f"{type(inner).__name__} has no attention in {', '.join(unknown)}: it has "
                f"{', '.join(taps) or 'none at all'}"
            )
        for layer, change in changes.items():
            stack.enter_context(taps[layer].register_forward_hook(_changer(layer, change)))
        yield


@contextmanager
def without_heads(model: nn.Module, heads: Mapping[str, Sequence[int]]) -> Iterator[None]:
    """Inside the `with` block, the chosen heads take nothing: their weights are zero.

    Otherwise as `change_attention`. Source: Michel et al. 2019, https://arxiv.org/abs/1905.10650.

    Args:
        model: made of `companion.parts`.
        heads: for a layer, named as in `AttentionMap.layer`, its heads to switch off, from 0.

    Raises:
        ValueError: the model has no such layer; while it runs, the layer has no such head.
    """
    changes = {layer: _switch_off(layer, chosen) for layer, chosen in heads.items()}
    with change_attention(model, changes):
        yield


def _changer(layer: str, change: Callable[[Tensor], Tensor]):  # type: ignore[no-untyped-def]
    def hook(_: AttentionTap, __: tuple[Tensor, ...], weights: Tensor) -> Tensor:
        require_kept(layer, weights)
        changed = change(weights)
        if changed.shape != weights.shape:
            raise ValueError(
                f"the change of {layer} makes {tuple(changed.shape)} of weights of shape "
                f"{tuple(weights.shape)}: it must keep the shape"
            )
        return changed

    return hook


def _switch_off(layer: str, chosen: Sequence[int]) -> Callable[[Tensor], Tensor]:
    def change(weights: Tensor) -> Tensor:
        count = weights.shape[1]
        missing = [head for head in chosen if not 0 <= head < count]
        if missing:
            raise ValueError(f"{layer} has no heads {missing}: its heads are 0 to {count - 1}")
        kept = weights.new_ones(count, 1, 1)
        kept[list(chosen)] = 0
        return weights * kept

    return change
