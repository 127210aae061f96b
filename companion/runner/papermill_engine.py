"""Papermill sets a chapter's parameters and hands its cells over; the runner executes them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import papermill
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from companion.runner.notebooks import read, tags

ENGINE = "companion"


class ChapterEngine(Engine):  # type: ignore[misc]
    """The engine that gives a notebook with its parameters in place to a function `run`."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,  # noqa: ARG003 - the runner has a kernel of its own
        *,
        run: Callable[[Any], None],
        **_: Any,
    ) -> None:
        """Execute the notebook in place."""
        run(nb_man.nb)


papermill_engines.register(ENGINE, ChapterEngine)


def execute_with(
    run: Callable[[Any], str], notebook: Path, parameters: Mapping[str, Any]
) -> tuple[Any, str]:
    """Execute the cells of `notebook` by `run`; the executed notebook, and what `run` says.

    Raises:
        ValueError: there are parameters, and no cell is tagged for them.
    """
    # What it has to say of names and kernels is said by the runner.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    tagged = [cell for cell in read(notebook).cells if "parameters" in tags(cell)]
    if parameters and not tagged:
        raise ValueError(f"{notebook.name}: no cell is tagged `parameters`, so none could be set")
    executed: list[tuple[Any, str]] = []
    # A cell that failed is what `run` says, and papermill says it once more.
    with suppress(PapermillExecutionError):
        papermill.execute_notebook(
            notebook,
            None,
            parameters=dict(parameters),
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            run=lambda book: executed.append((book, run(book))),
        )
    return executed[0]
