"""What every test shares: one torch thread, no progress bars, and where real data lies."""

import os
import signal
from pathlib import Path

os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest
import torch
from hypothesis import settings

settings.register_profile("book", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("book")
torch.set_num_threads(1)

# A test run started in the background ignores interrupts, and so would all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root folder."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data; the test is skipped where there is none."""
    folder = os.environ.get("COMPANION_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("COMPANION_DATA names no folder: no real data here")
    return Path(folder).resolve()
