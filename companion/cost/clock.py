"""Seconds of work done, not of work handed over: a GPU answers before it has finished."""

import time
from collections.abc import Callable

import torch


def wait_for_devices() -> None:
    """Return when whatever was asked of a GPU from here has been done."""
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    if torch.backends.mps.is_available():
        torch.mps.synchronize()


def seconds_of(call: Callable[[], object], read: Callable[[], float] = time.perf_counter) -> float:
    """Seconds that one call takes, by the clock `read`, from idle devices to idle devices."""
    wait_for_devices()
    start = read()
    call()
    wait_for_devices()
    return read() - start


def clock(device: str) -> Callable[[], float]:
    """The fairest clock for work on `device`, which waits for the work before it is read.

    On one CPU thread it is processor time, which stops while others have the core; else the wall's.
    """
    alone = device == "cpu" and torch.get_num_threads() == 1
    read = time.process_time if alone else time.perf_counter

    def now() -> float:
        wait_for_devices()
        return read()

    return now
