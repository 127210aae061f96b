"""Find the model in what was wrapped around it, and keep what it does from running past hooks."""

import inspect
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DataParallel, DistributedDataParallel

from companion.inspection.adapters.listening import loaded, set_while

_INSERTED = ("_orig_mod", "_checkpoint_wrapped_module")
_CHECKPOINTED = "torch.distributed.algorithms._checkpoint.checkpoint_wrapper.CheckpointWrapper"


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside `torch.compile`, `DistributedDataParallel`, or `DataParallel`.

    A process of `DistributedDataParallel` sees its own part of the batch.

    Raises:
        ValueError: the model is no torch module, or `DataParallel` spreads it over devices.
    """
    if not isinstance(model, nn.Module):
        raise ValueError(
            f"a {type(model).__name__} is no torch module: give the model itself, "
            "as `pipe.model` of a pipeline"
        )
    for part in model.modules():
        if isinstance(part, DataParallel) and len(part.device_ids) > 1:
            raise ValueError(
                f"DataParallel runs copies of the model on {len(part.device_ids)} devices, and "
                "maps would come in pieces and in no order: record the model inside, "
                "`with record_attention(model.module) as maps: model.module(images)`"
            )
    while isinstance(model, (DataParallel, DistributedDataParallel, *_compiled())):
        model = cast(nn.Module, getattr(model, "_orig_mod", None) or model.module)
    return model


def prepared(model: nn.Module, stack: ExitStack) -> nn.Module:
    """The model inside its wrappers, which runs uncompiled and keeps what it computes.

    Until `stack` closes; then compiling and gradient checkpointing are on again. Raises as
    `unwrapped` and `run_uncompiled`.
    """
    inner = unwrapped(model)
    run_uncompiled(model, stack)
    run_without_checkpointing(model, stack)
    return inner


def run_uncompiled(model: nn.Module, stack: ExitStack) -> None:
    """Let what `torch.compile` has compiled run as it was written, until `stack` closes.

    Compiled code does not look whether anybody listens: hooks that came after it are passed by.

    Raises:
        ValueError: the model is compiled, and torch is too old to do without.
    """
    if "torch._dynamo" not in sys.modules:  # then nothing is compiled, and loading it takes time
        return
    if hasattr(torch.compiler, "set_stance"):
        stack.enter_context(torch.compiler.set_stance("force_eager"))
    elif any(isinstance(m, _compiled()) or m._compiled_call_impl for m in model.modules()):
        raise ValueError(
            f"the model is compiled, and torch {torch.__version__} cannot run it uncompiled: "
            "record the model that torch.compile was given, or update to torch 2.6"
        )


def run_without_checkpointing(model: nn.Module, stack: ExitStack) -> None:
    """Let the model keep what it computes, until `stack` closes.

    Gradient checkpointing computes layers again in the backward pass, when nobody listens any
    more: torch would then miss what the recorded way had saved. timm, Hugging Face and torch's own
    wrapper look at a switch at every call, and that is turned off.
    """
    for part in model.modules():
        for switch in ("grad_checkpointing", "gradient_checkpointing"):
            if getattr(part, switch, False) is True:
                set_while(stack, part, switch, False)
        if isinstance(part, loaded(_CHECKPOINTED)):
            set_while(stack, part, "checkpoint_fn", _call)


def _call(forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return forward(*args, **kwargs)


def require_kept(layer: str, weights: Tensor) -> None:
    """Refuse weights that will be computed again in the backward pass. Raises `ValueError`."""
    frame = inspect.currentframe() if weights.requires_grad else None
    while frame is not None:
        if frame.f_globals.get("__name__") == "torch.utils.checkpoint":
            raise ValueError(
                f"{layer} runs under gradient checkpointing (torch.utils.checkpoint), which would "
                "compute it again when nobody listens: call it plainly while you record, or "
                "record in torch.no_grad"
            )
        frame = frame.f_back


def plain_name(name: str) -> str:
    """A layer's name without what compiled and checkpointed parts add to it."""
    return ".".join(part for part in name.split(".") if part not in _INSERTED)


def _compiled() -> tuple[type[Any], ...]:
    return loaded("torch._dynamo.eval_frame.OptimizedModule")
