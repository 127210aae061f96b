"""Intervene on what a layer hands on: hold it fixed, share it, or give it another image's.

Where `change_attention` changes who looks where, this changes what comes of it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from companion.inspection.ablation import change_attention
from companion.inspection.maps import class_token_map
from companion.inspection.record import AttentionMap
from companion.parts.attention.tap import AttentionTap


@contextmanager
def change_outputs(
    model: nn.Module, changes: Mapping[str, Callable[[Tensor], Tensor]]
) -> Iterator[None]:
    """Inside the `with` block, layers hand on what a function makes of their output.

    Afterwards all is as before, also after an error. A function that returns what another call of
    the model gave there transplants it: "activation patching", as in Vig et al. 2020,
    https://arxiv.org/abs/2004.12265, and Meng et al. 2022, https://arxiv.org/abs/2202.05262.

    Args:
        model: any module that is not compiled.
        changes: for a layer, named as in `named_modules`, what becomes of its output, whose shape
            is kept: such as `lambda out: out.mean(1, keepdim=True).expand_as(out)`.

    Raises:
        ValueError: the model has no such layer; while it runs, a layer's output is no tensor, or a
            change gives another shape.
    """
    modules = dict(model.named_modules())
    if unknown := sorted(set(changes) - set(modules)):
        raise ValueError(f"{type(model).__name__} has no layer {', '.join(unknown)}")
    with ExitStack() as stack:
        for name, change in changes.items():
            stack.enter_context(modules[name].register_forward_hook(_changer(name, change)))
        yield


def _changer(name: str, change: Callable[[Tensor], Tensor]):  # type: ignore[no-untyped-def]
    def hook(_: nn.Module, __: tuple[Tensor, ...], output: Tensor) -> Tensor:
        if not isinstance(output, Tensor):
            raise ValueError(f"{name} hands on a {type(output).__name__}: name a layer of tensors")
        changed = change(output)
        if changed.shape != output.shape:
            raise ValueError(
                f"the change of {name} makes {tuple(changed.shape)} of an output of shape "
                f"{tuple(output.shape)}: it must keep the shape"
            )
        return changed

    return hook


def kept_outputs(
    model: nn.Module, images: Tensor, changes: Mapping[str, Callable[[Tensor], Tensor]]
) -> dict[str, Tensor]:
    """What some layers hand on while the model sees images, after their changes, without gradients.

    Args and errors as of `change_outputs`; a change that keeps all is `lambda out: out`.
    """
    kept: dict[str, Tensor] = {}

    def keeper(name: str, change: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def keep(output: Tensor) -> Tensor:
            kept[name] = change(output).clone()
            return kept[name]

        return keep

    keepers = {name: keeper(name, change) for name, change in changes.items()}
    with torch.no_grad(), change_outputs(model, keepers):
        model(images)
    return kept


def same_to_patches(output: Tensor, *, prefix: int = 1) -> Tensor:
    """Every patch gets the patches' mean, prefix tokens what is theirs: (b, n, d) -> same."""
    mean = output[:, prefix:].mean(dim=1, keepdim=True)
    return torch.cat([output[:, :prefix], mean.expand_as(output[:, prefix:])], dim=1)


def nothing_to_patches(output: Tensor, *, prefix: int = 1) -> Tensor:
    """The patches get zeros, prefix tokens what is theirs: (b, n, d) -> same."""
    return torch.cat([output[:, :prefix], torch.zeros_like(output[:, prefix:])], dim=1)


def nothing_to_prefix(output: Tensor, *, prefix: int = 1) -> Tensor:
    """Prefix tokens get zeros, the patches what is theirs: (b, n, d) -> same."""
    return torch.cat([torch.zeros_like(output[:, :prefix]), output[:, prefix:]], dim=1)


class LastLook(NamedTuple):
    """logits (b, classes); look (b, y, x): the class token's last map, heads averaged."""

    logits: Tensor
    look: Tensor


def last_look(model: nn.Module, images: Tensor, *, layer: str) -> LastLook:
    """The model's answers and where its class token looks in `layer`, without gradients.

    Only that layer is listened to, so that it costs little. Raises as `change_attention`, and
    `ValueError` where there is no class token.
    """
    heard: list[Tensor] = []

    def hear(weights: Tensor) -> Tensor:
        heard.append(weights)
        return weights

    with torch.no_grad(), change_attention(model, {layer: hear}):
        logits = model(images)
    tap = model.get_submodule(f"{layer}.tap")
    layout = tap.layout if isinstance(tap, AttentionTap) else None
    look = class_token_map(AttentionMap(layer, heard[-1], layout)).mean(dim=1)
    return LastLook(logits, look)
