"""Looks at a machine: what is installed, what would run, and how to mend what would not."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from companion.lessons.settings import PROFILES
from companion.records import machine
from companion.runner.keys import closure, code_of, parse

DISTRIBUTION = "seeing-attention"
IMAGE_SETS = ("mnist", "fashion_mnist", "cifar10")
# Where the name to import is not the name to install.
INSTALL_NAMES = {"sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml"}
FREE_GB = 10
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Package(NamedTuple):
    """A package the book asks for: what is installed, the lowest that will do, the lock's."""

    name: str
    extra: str
    installed: str
    asked: str
    locked: str
    good: bool


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


def packages(root: Path | None) -> list[Package]:
    """Every package that the book or one of its extras asks for; `root` is the clone, if any."""
    from packaging.requirements import Requirement

    locked = _locked(root / "requirements.txt") if root else {}
    rows = []
    for line in requirements():
        asked = Requirement(line)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        found = machine.versions((asked.name,)).get(asked.name, "")
        good = bool(found) and asked.specifier.contains(found, prereleases=True)
        rows.append(
            Package(
                asked.name,
                extra[1] if extra else "",
                found,
                str(asked.specifier),
                locked.get(_normal(asked.name), ""),
                good,
            )
        )
    return rows


def requirements() -> list[str]:
    """What the distribution asks for, as its metadata has it; nothing where it is not installed."""
    try:
        return metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []


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


def outlooks(chapters: Sequence[Path], root: Path) -> list[Outlook]:
    """For every chapter and profile, whether it would run here and what it lacks."""
    rows = []
    for path in chapters:
        sources = code_of(json.loads(path.read_text(encoding="utf-8")))
        modules = [file.read_text(encoding="utf-8") for file in closure(sources, root)]
        names = {name for source in [*sources, *modules] for name in foreign(source)}
        names |= {"papermill", "ipykernel"}
        missing = tuple(remedy(name) for name in sorted(names) if not _importable(name))
        away = tuple(f"{name} (would be downloaded)" for name in _sets_away(sources))
        for profile in PROFILES:
            lacks = missing + (away if profile == "full" else ())
            rows.append(Outlook(path.stem, profile, not missing, lacks))
    return rows


def foreign(source: str) -> set[str]:
    """The packages of others that `source` imports, however deep, unless it copes without them."""
    tree = parse(source)
    names = set(_imports(tree)) if tree else set()
    return {n for n in names if n not in sys.stdlib_module_names and n not in ("companion", "")}


def remedy(name: str) -> str:
    """A missing package and how to get it."""
    wanted = _normal(INSTALL_NAMES.get(name, name))
    for line in requirements():
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        if _normal(re.split(r"[^\w.-]", line)[0]) == wanted and extra:
            return f"{name} (uv pip install -e '.[{extra[1]}]')"
    return f"{name} (uv pip install {wanted})"


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield (node.module or "").split(".")[0]
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Try) and any(_catches_import(h) for h in node.handlers):
        children = [child for child in children if child not in node.body]
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        children = list(node.orelse)
    for child in children:
        yield from _imports(child)


def _catches_import(handler: ast.ExceptHandler) -> bool:
    return (
        handler.type is None
        or "Import" in ast.dump(handler.type)
        or "NotFound" in ast.dump(handler.type)
    )


def _importable(name: str) -> bool:
    # google.colab exists in Colab alone, where its chapters' set-up cells ask for it.
    return name == "google" or importlib.util.find_spec(name) is not None


def _sets_away(sources: Sequence[str]) -> list[str]:
    code = "\n".join(sources)
    named = [name for name in IMAGE_SETS if re.search(rf"['\"]{name}['\"]", code)]
    return [name for name in named if _image_set(name).good is not True]


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


def _locked(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    pins = (re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", line) for line in lines)
    return {_normal(pin[1]): pin[2] for pin in pins if pin}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
