"""All the random numbers a training loop may draw from, as JSON.

Python's, NumPy's global and torch's generators, on the CPU and the accelerator, and those of the
batches themselves.
"""

import random
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

RandomState = dict[str, Any]


def read_random_state(batches: Iterable[Any]) -> RandomState:
    """Where every generator stands now; drawing nothing."""
    version, words, gauss = random.getstate()
    kind, keys, position, has_gauss, cached = np.random.get_state(legacy=True)  # noqa: NPY002
    return {
        "python": [version, list(words), gauss],
        "numpy": [kind, np.asarray(keys).tolist(), position, has_gauss, cached],
        "torch": _encode(torch.get_rng_state()),
        "cuda": [_encode(state) for state in torch.cuda.get_rng_state_all()]
        if torch.cuda.is_available()
        else [],
        "mps": _encode(torch.mps.get_rng_state()) if torch.backends.mps.is_available() else None,
        "batches": [_encode(generator.get_state()) for generator in _generators(batches)],
    }


def restore_random_state(state: RandomState, batches: Iterable[Any]) -> None:
    """Put every generator back where it stood.

    Raises:
        ValueError: the state is of a machine with other GPUs, or of other batches.
    """
    here = read_random_state(batches)
    for key in ("cuda", "batches"):
        if len(here[key]) != len(state[key]):
            raise ValueError(
                f"{len(state[key])} random generators of {key} were saved and {len(here[key])} are "
                "here: resume with the same kind of batches and the same GPUs"
            )
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    kind, keys, position, has_gauss, cached = state["numpy"]
    keys = np.asarray(keys, dtype=np.uint32)
    np.random.set_state((kind, keys, position, has_gauss, cached))  # noqa: NPY002
    torch.set_rng_state(_decode(state["torch"]))
    if state["cuda"]:
        torch.cuda.set_rng_state_all([_decode(one) for one in state["cuda"]])
    if state["mps"] is not None and here["mps"] is not None:
        torch.mps.set_rng_state(_decode(state["mps"]))
    for generator, one in zip(_generators(batches), state["batches"], strict=True):
        generator.set_state(_decode(one))


def _generators(batches: Iterable[Any]) -> list[torch.Generator]:
    """The generators that a DataLoader or its samplers hold, each once."""
    batch_sampler = getattr(batches, "batch_sampler", None)
    holders = [batches, getattr(batches, "sampler", None), batch_sampler]
    holders.append(getattr(batch_sampler, "sampler", None))
    found = [getattr(holder, "generator", None) for holder in holders]
    return list({id(g): g for g in found if isinstance(g, torch.Generator)}.values())


def _encode(state: Tensor) -> str:
    return b64encode(bytes(state.cpu().numpy())).decode("ascii")


def _decode(text: str) -> Tensor:
    return torch.frombuffer(bytearray(b64decode(text)), dtype=torch.uint8)
