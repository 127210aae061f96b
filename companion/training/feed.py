"""Batches on their way into the loop: shared among processes, ordered by epoch, looked at once."""

from collections.abc import Iterable, Iterator, Sized
from itertools import islice
from typing import Any, Protocol, cast

import torch
from accelerate import Accelerator
from accelerate.utils import recursively_apply
from torch import Tensor
from torch.utils.data import DataLoader


class Batches(Protocol):
    """Anything with a length that can be gone through once for every epoch."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...


class EveryNth:
    """One process's share of batches that Accelerate cannot shard: its own one in `processes`."""

    def __init__(self, batches: Batches, *, process: int, processes: int) -> None:
        self.batches = batches
        self.process = process
        self.processes = processes

    def __len__(self) -> int:
        return len(self.batches) // self.processes

    def __iter__(self) -> Iterator[Any]:
        # As many for each process: one with a batch more would wait for the others for ever.
        whole = len(self) * self.processes
        return islice(self.batches, self.process, whole, self.processes)


def share_batches(accelerator: Accelerator, batches: Iterable[Any]) -> Batches:
    """The batches that this process trains on: all of them where there is one process.

    Raises:
        ValueError: there are none, or it cannot be told how many.
    """
    total = _length(batches)
    processes = accelerator.num_processes
    if total < processes:
        raise ValueError(f"{total} batches for {processes} processes: give each at least one")
    counted = cast("Batches", batches)
    if processes == 1:
        return counted
    if isinstance(batches, DataLoader):
        shard = accelerator.prepare_data_loader(batches, device_placement=False)
        return cast("Batches", shard)
    return EveryNth(counted, process=accelerator.process_index, processes=processes)


def order_holders(batches: Iterable[Any]) -> list[Any]:
    """The batches, and what decides which come and when: their dataset and samplers."""
    batch_sampler = getattr(batches, "batch_sampler", None)
    found = [batches, getattr(batches, "dataset", None), getattr(batches, "sampler", None)]
    found += [batch_sampler, getattr(batch_sampler, "sampler", None)]
    return list({id(holder): holder for holder in found if holder is not None}.values())


def start_epoch(batches: Iterable[Any], epoch: int) -> None:
    """Tell everything in the batches that has a `set_epoch` which epoch begins (from 0)."""
    for holder in order_holders(batches):
        if (set_epoch := getattr(holder, "set_epoch", None)) is not None:
            set_epoch(epoch)


def check_workers(batches: Iterable[Any], *, resumable: bool) -> None:
    """Refuse workers that live from epoch to epoch where that changes what they give.

    Raises:
        ValueError: they would never hear of an epoch, or could not be taken up again.
    """
    told = hasattr(getattr(batches, "dataset", None), "set_epoch")
    if getattr(batches, "persistent_workers", False) and (told or resumable):
        raise ValueError(
            "persistent_workers=True: such workers keep random states of their own, which no "
            "checkpoint holds, and copies of the dataset, which no set_epoch reaches: give the "
            "DataLoader persistent_workers=False"
        )


def check_batches(batches: Iterable[Any]) -> Iterator[Any]:
    """The same batches, each looked at before it goes on to the device.

    Raises:
        ValueError: a batch is empty or holds a value that is not finite; with its number in the
            epoch, and how many values are wrong.
    """
    for number, batch in enumerate(batches):
        recursively_apply(_checked, batch, number=number)
        yield batch


def _checked(tensor: Tensor, *, number: int) -> Tensor:
    if tensor.ndim > 0 and len(tensor) == 0:
        raise ValueError(
            f"batch {number} is empty, shape {tuple(tensor.shape)}: "
            "leave it out, or give the sampler examples to draw"
        )
    if tensor.is_floating_point() and not torch.isfinite(tensor).all():
        wrong = int((~torch.isfinite(tensor)).sum())
        raise ValueError(
            f"batch {number} holds {wrong} values of {tensor.numel()} that are nan or infinite "
            f"(shape {tuple(tensor.shape)}): clean the data, for example torch.nan_to_num"
        )
    return tensor


def _length(batches: object) -> int:
    try:
        return len(cast("Sized", batches))
    except TypeError as error:
        raise ValueError(
            f"batches of type {type(batches).__name__} have no length, which the schedule needs: "
            "give a DataLoader or a list of batches"
        ) from error
