"""Rooms that load what they name only when somebody asks for it (PEP 562 and 690's idea).

A room's `__init__.pyi` says which names are public and which module each comes from. Type checkers
read it, and so does `furnish`, so that nothing is said twice. lazy_loader does the same, but a
name that is also its module's (`training.fit`) turns into the module as soon as anybody imports
that by its path, and a bare checkout on a borrowed GPU has not got it.
"""

import ast
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    _homes: dict[str, str]

    def __getattr__(self, name: str) -> Any:
        if name not in self._homes:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(self._homes[name]), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing `companion.training.fit` sets the module where its function should be.
        if isinstance(value, ModuleType) and self._homes.get(name) == value.__name__:
            value = getattr(value, name)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._homes})


def furnish(room: str, file: str) -> list[str]:
    """Make the module `room` load the names of the stub beside `file` on demand; its `__all__`."""
    stub = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [line for line in stub.body if isinstance(line, ast.ImportFrom) and line.module]
    module = sys.modules[room]
    homes = {name.name: str(line.module) for line in imports for name in line.names}
    module.__dict__["_homes"] = homes
    module.__class__ = _Room
    return sorted(homes)
