"""The packages that the book asks for: what is installed, what is locked, how to get one."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from companion.records import machine

DISTRIBUTION = "seeing-attention"
# Where the name to import is not the name to install.
INSTALL_NAMES = {"sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml"}


class Package(NamedTuple):
    """A package the book asks for: what is installed, the lowest that will do, the lock's."""

    name: str
    extra: str
    installed: str
    asked: str
    locked: str
    good: bool


def packages(root: Path | None) -> list[Package]:
    """Every package that the book or one of its extras asks for; `root` is the clone, if any."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lock = root / "requirements.txt" if root else Path()
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE)
    locked = {canonicalize_name(name): version for name, version in pins}
    rows = []
    for line in requirements():
        asked = Requirement(line)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        found = machine.versions((asked.name,)).get(asked.name, "")
        good = bool(found) and asked.specifier.contains(found, prereleases=True)
        pin = locked.get(canonicalize_name(asked.name), "")
        needed = extra[1] if extra else ""
        rows.append(Package(asked.name, needed, found, str(asked.specifier), pin, good))
    return rows


def requirements() -> list[str]:
    """What the distribution asks for, as its metadata has it; nothing where it is not installed."""
    try:
        return metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []


def remedy(name: str) -> str:
    """A missing package and how to get it."""
    wanted = INSTALL_NAMES.get(name, name).replace("_", "-").lower()
    extra = next((row.extra for row in packages(None) if row.name == wanted and row.extra), "")
    what = f"-e '.[{extra}]'" if extra else wanted
    return f"{name} (uv pip install {what})"
