"""What a run opens, as the interpreter itself reports it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

listeners: list[Callable[[Path], None]] = []


@pytest.fixture(scope="session")
def _hook():
    """Tells listeners of every file that is opened; it stays, since a hook can't be taken off."""

    def note(event, arguments):
        if event == "open" and isinstance(arguments[0], str):
            for listen in listeners:
                listen(Path(arguments[0]))

    sys.addaudithook(note)


@pytest.fixture
def opened(tmp_path, _hook):
    """The names of the files below `tmp_path` that were opened, in order, absent ones too."""
    names = []

    def listen(path):
        if path.is_relative_to(tmp_path):
            names.append(path.name)

    listeners.append(listen)
    yield names
    listeners.remove(listen)
