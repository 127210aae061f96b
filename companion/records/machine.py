"""What a measurement was made on: hardware and versions, and nothing that names the machine."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

PACKAGES = (
    *("torch", "torchvision", "numpy", "scikit-learn", "accelerate", "einops"),
    *("timm", "transformers", "tensorflow", "vit-pytorch", "tokenizers", "sacrebleu"),
)


def hardware() -> dict[str, str | int | float]:
    """Processor, cores, memory in GB, accelerator and system."""
    return {
        "processor": processor(),
        "cores": cores(),
        "memory_gb": round(memory() / 1e9, 1),
        "accelerator": accelerator(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions(names: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Python's version and those of the packages that are installed."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Bytes of the machine's memory."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):
        # Windows has no sysconf. A bare checkout elsewhere needs no psutil.
        import psutil

        return int(psutil.virtual_memory().total)


def processor() -> str:
    """The processor's name as its maker gives it."""
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    return platform.processor() or platform.machine()


def accelerator() -> str:
    """The accelerator torch would find, in words: a CUDA card, Apple's MPS, or none.

    Asks the system and not torch, whose import takes seconds.
    """
    card = _output("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader")
    if card:
        return f"cuda: {card.splitlines()[0].strip()}"
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "mps"
    return "none"


def _output(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
