"""A model's weights in a file: safetensors, so that reading one runs nobody's code."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from companion.records.files import write_file


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
    if differences := compare_states(tensors, copy_state(model)):
        raise ValueError(
            f"{path} does not fit the model: {differences}. "
            "Build the model with the sizes it was saved with"
        )
    model.load_state_dict(tensors)
    return notes


def copy_state(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers on the CPU, each with memory of its own (tied ones twice).

    Raises:
        ValueError: the module's state holds something other than tensors.
    """
    state = module.state_dict()
    if strange := [name for name, value in state.items() if not isinstance(value, Tensor)]:
        raise ValueError(f"{strange} are no tensors: keep such state out of `get_extra_state`")
    return {
        name: value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, value in state.items()
    }


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
