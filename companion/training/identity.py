"""What makes a training run this one and no other, in short texts that can be compared."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from enum import Enum
from functools import partial
from pathlib import PurePath
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from companion.training.config import FitConfig
from companion.training.feed import order_holders, start_epoch
from companion.training.weights import plain_names, unwrapped

# How a run is carried out and a step computed: nothing comes of these.
NOT_OF_THE_RUN = {"checkpoint_dir", "checkpoint_every", "progress", "device"}
NOT_OF_A_GROUP = {"params", "lr", "fused", "foreach", "capturable", "differentiable"}
ORDER = ("batch_size", "drop_last", "seed", "shuffle")
PLAIN = (
    *(str, bytes, int, float, complex, type(None), range, Enum, PurePath),
    *(np.generic, torch.dtype),
)
INSIDE: dict[type, tuple[str, ...]] = {
    FunctionType: ("__code__", "__defaults__", "__kwdefaults__", "__closure__"),
    CodeType: ("co_code", "co_names", "co_consts"),
    CellType: ("cell_contents",),
    MethodType: ("__func__", "__self__"),
    partial: ("func", "args", "keywords"),
}


def identify(
    config: FitConfig,
    parts: nn.ModuleDict,
    optimizer: torch.optim.Optimizer,
    batches: Iterable[Any],
    **more: object,
) -> dict[str, Any]:
    """Settings, trained parameters, the model at the start, data and their order, and what else.

    Data are known by the public attributes of `batches` and its dataset, and by the first batch,
    for which random numbers may be drawn.
    """
    start_epoch(batches, 0)
    held, groups = order_holders(batches), optimizer.param_groups
    own = dict(parts.named_parameters())
    plain = plain_names(parts, own).items()
    shapes = {id(own[name]): f"{short} {[*own[name].shape]}" for short, name in plain}
    more["model at the start"] = dict(parts)
    more["data"] = [next(iter(batches), None), *(held[1:] or held)]
    more["optimizer's settings"] = [
        [(k, v) for k, v in g.items() if k not in NOT_OF_A_GROUP] for g in groups
    ]
    return {
        **{k: v for k, v in asdict(config).items() if k not in NOT_OF_THE_RUN},
        "optimizer": type(optimizer).__qualname__,
        "trained": [shapes.get(id(p), "another's") for g in groups for p in g["params"]],
        **{k: v for one in held for k in ORDER if isinstance(v := getattr(one, k, None), int)},
        **{k: v if isinstance(v, int) else digest(v) for k, v in more.items() if v is not None},
    }


def digest(thing: object) -> str:
    """Its name and 16 digits, the same in every process for what is made of the same things."""
    total = hashlib.sha256()
    for fact in _facts(thing, {}):
        total.update(fact)
    return f"{_name(thing)} {total.hexdigest()[:16]}"


def _facts(thing: Any, seen: dict[int, object]) -> Iterator[bytes | memoryview]:
    """Names, numbers and texts, the values of tensors and arrays, and the code of functions."""
    thing = unwrapped(thing)
    yield _name(thing).encode()
    if isinstance(thing, PLAIN):
        yield repr(thing).encode()
    elif isinstance(thing, Tensor):
        yield repr((thing.dtype, thing.shape)).encode()
        yield thing.detach().cpu().flatten().view(torch.uint8).numpy().data
    elif isinstance(thing, np.ndarray) and not thing.dtype.hasobject:
        yield repr((thing.dtype, thing.shape)).encode() + thing.tobytes()
    elif isinstance(thing, tuple) or id(thing) not in seen:
        seen[id(thing)] = thing
        for inner in _inside(thing):
            yield from _facts(inner, seen)


def _inside(thing: Any) -> Iterable[object]:
    if isinstance(thing, Mapping):
        return [*thing.keys(), *thing.values()]
    if isinstance(thing, list | tuple):
        return thing
    if isinstance(thing, set | frozenset):
        return sorted(thing, key=repr)
    if isinstance(thing, type | ModuleType):
        return ()
    kept = {"_parameters", "_buffers", "_modules"}
    held = [*getattr(thing, "__dict__", {}).items()]
    public = [(k, v) for k, v in held if k in kept or (k[0] != "_" and k != "training")]
    return [*(getattr(thing, name) for name in INSIDE.get(type(thing), ())), *public]


def _name(thing: object) -> str:
    return str(getattr(thing, "__qualname__", type(thing).__qualname__))
