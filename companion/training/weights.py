"""A model's weights in a file: safetensors, so that reading one runs nobody's code."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.parallel import DataParallel, DistributedDataParallel

from companion.records.files import write_file

# What torch.compile and DataParallel put into names in files that others wrote.
WRAPPERS = re.compile(r"(?<![^.])(?:_orig_mod|module)\.")


def save_model(
    model: nn.Module, path: Path | str, *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write parameters and buffers, whole or not at all, with notes such as data and seed.

    Raises:
        ValueError: a note is not text, or the model's state holds more than tensors.
    """
    notes = dict(metadata or {})
    if wrong := {key: value for key, value in notes.items() if not isinstance(value, str)}:
        raise ValueError(f"metadata must be text: write {wrong} as strings")
    write_file(Path(path), save(copy_state(model), metadata=notes))


def load_model(model: nn.Module, path: Path | str) -> dict[str, str]:
    """Read weights into a model of the same shape, wherever it lies; gives back the notes.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or holds another model's weights (the model is untouched).
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no weights at {path}: save_model writes them")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            notes = dict(file.metadata() or {})
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise ValueError(f"{path} is damaged, or no safetensors file: {error}") from error
    wanted = copy_state(model)
    tensors = {k if k in wanted else WRAPPERS.sub("", k): tensor for k, tensor in tensors.items()}
    if differences := compare_states(tensors, wanted):
        raise ValueError(
            f"{path} does not fit the model: {differences}. "
            "Build the model with the sizes it was saved with"
        )
    load_state(model, tensors)
    return notes


def unwrapped(thing: Any) -> Any:
    """The module inside `torch.compile`, `DataParallel` and `DistributedDataParallel`."""
    while inner := _wrapped(thing):
        thing = getattr(thing, inner)
    return thing


def plain_names(module: nn.Module, names: Iterable[str]) -> dict[str, str]:
    """Names in a module as they are without wrappers around it or its parts -> as they are."""
    parts = module.named_modules(remove_duplicate=False)
    wrappers = {f"{path}.{inner}".lstrip(".") for path, part in parts if (inner := _wrapped(part))}

    def plain(name: str) -> str:
        steps = name.split(".")
        paths = [".".join(steps[: n + 1]) for n in range(len(steps))]
        return ".".join(s for s, path in zip(steps, paths, strict=True) if path not in wrappers)

    return {plain(name): name for name in names}


def copy_state(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers on the CPU, each with memory of its own (tied ones twice).

    Their names are those without `torch.compile` or `DataParallel`.

    Raises:
        ValueError: the module's state holds something other than tensors.
    """
    state = module.state_dict()
    if strange := [name for name, value in state.items() if not isinstance(value, Tensor)]:
        raise ValueError(f"{strange} are no tensors: keep such state out of `get_extra_state`")
    return {
        plain: state[name].detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for plain, name in plain_names(module, state).items()
    }


def load_state(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put tensors with names as in `copy_state` into a module."""
    names = plain_names(module, module.state_dict())
    module.load_state_dict({name: tensors[plain] for plain, name in names.items()})


def compare_states(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    """In words, how stored tensors differ from a model's in names or shapes; "" if they do not."""
    differences = [f"{name} is missing" for name in wanted if name not in found]
    differences += [f"{name} is unknown to the model" for name in found if name not in wanted]
    differences += [
        f"{name} is {tuple(found[name].shape)}, the model's is {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in found and found[name].shape != tensor.shape
    ]
    more = f", and {len(differences) - 4} more" if len(differences) > 4 else ""
    return ", ".join(differences[:4]) + more


def _wrapped(thing: object) -> str:
    """Under which name a wrapper holds its module; "" where it is none."""
    if isinstance(thing, DataParallel | DistributedDataParallel):
        return "module"
    # By its attribute, since importing torch's compiler takes seconds.
    return "_orig_mod" if isinstance(thing, nn.Module) and hasattr(thing, "_orig_mod") else ""
