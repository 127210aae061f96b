"""Looks at a machine: what is installed, what would run, and how to mend what would not."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from companion.lessons.settings import PROFILES
from companion.records import machine
from companion.runner.packages import packages, remedy

IMAGE_SETS = ("mnist", "fashion_mnist", "cifar10")
IMPORT = re.compile(r"^[ \t]*(?:import (\w+)|from (\w+)[\w.]* import)", re.MULTILINE)
FREE_GB = 10
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Finding(NamedTuple):
    """One thing looked at: well (True), a limitation (None) or a fault (False), and the cure."""

    topic: str
    good: bool | None
    text: str
    remedy: str = ""


class Outlook(NamedTuple):
    """Whether a chapter would run in a profile, and what it lacks."""

    chapter: str
    profile: str
    good: bool
    lacks: tuple[str, ...]


def findings(root: Path | None) -> Iterator[Finding]:
    """Everything about the machine that is not a package or a chapter."""
    version = sys.version_info
    yield Finding(
        "Python",
        version >= (3, 11),
        f"{machine.versions(())['python']} in {sys.prefix}",
        "install Python 3.11 or newer",
    )
    facts = machine.hardware()
    yield Finding(
        "Machine",
        True,
        f"{facts['processor']}, {facts['cores']} cores, {facts['memory_gb']} GB",
    )
    yield _device()
    yield from (_image_set(name) for name in IMAGE_SETS)
    yield _sentences()
    free = shutil.disk_usage(root or Path.cwd()).free / 1e9
    yield Finding(
        "Disk",
        True if free >= FREE_GB else None,
        f"{free:.0f} GB free",
        f"a fresh set-up takes up to {FREE_GB} GB: make room",
    )
    for topic, names, why in (
        ("git", ("git",), "links from the book to its source need the history"),
        ("Browser", BROWSERS, "the tests of the site in Chromium are skipped: install Chromium"),
    ):
        place = next((found for name in names if (found := shutil.which(name))), None)
        yield Finding(topic, True if place else None, place or "not found", why)


def outlooks(chapters: Sequence[Path]) -> list[Outlook]:
    """For every chapter and profile, whether it would run here and what it lacks.

    A chapter needs what the package always needs, what executes notebooks, and what it imports.
    """
    always = {row.name for row in packages(None) if not row.extra and not row.good}
    rows = []
    for path in chapters:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        wanted = {"nbclient", "ipykernel", *filter(None, sum(IMPORT.findall(code), ()))}
        wanted -= {"companion", "google", *sys.stdlib_module_names}  # google: in Colab alone
        absent = {name for name in wanted if importlib.util.find_spec(name) is None}
        missing = tuple(remedy(name) for name in sorted(always | absent))
        sets = [name for name in IMAGE_SETS if re.search(rf"['\"]{name}['\"]", code)]
        away = [name for name in sets if _image_set(name).good is not True]
        for profile in PROFILES:
            lacks = tuple(f"{name} (would be downloaded)" for name in away if profile == "full")
            rows.append(Outlook(path.stem, profile, not missing, missing + lacks))
    return rows


def _image_set(name: str) -> Finding:
    from companion.data import find_vision
    from companion.data.images.find import PLACES

    def found() -> str:
        there = find_vision(name)
        return f"{there.layout} in {there.path}" if there else ""

    return _data(name, found, "profile `full`", places=PLACES[name])


def _sentences() -> Finding:
    from companion.data import find_multi30k

    return _data(
        "multi30k",
        lambda: str(find_multi30k() or ""),
        "`experiment translation`",
        places=("multi30k",),
    )


def _data(name: str, find: Callable[[], str], fetched_by: str, *, places: Sequence[str]) -> Finding:
    from companion.data.folders import closed

    topic = f"Data: {name}"
    try:
        place = find()
    except (ImportError, ValueError) as error:
        return Finding(topic, False, str(error), "mend this first")
    if place:
        return Finding(topic, True, place)
    if shut := closed(None, places):
        return Finding(topic, None, "not at hand", shut)
    away = f"not here; {fetched_by} downloads it, or set COMPANION_DATA to a folder that has it"
    return Finding(topic, None, "not at hand", away)


def _device() -> Finding:
    # torch's own answer: a card in the machine is no use to a torch built without CUDA.
    try:
        import torch
    except Exception as error:
        return Finding("Device", False, f"torch does not import: {error}", "set up again: make")
    threads = f"{machine.cores()} threads in `full`, 1 else"
    if torch.cuda.is_available():
        return Finding("Device", True, f"cuda: {torch.cuda.get_device_name()}; {threads}")
    if torch.backends.mps.is_available():
        return Finding("Device", True, f"mps (Apple); {threads}")
    card = machine.accelerator()
    if card.startswith("cuda"):
        return Finding("Device", None, f"cpu, though there is {card}", "update the card's driver")
    return Finding("Device", True, f"cpu; {threads}")
