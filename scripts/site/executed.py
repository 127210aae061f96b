"""What the executed chapters say about themselves: claims, times, memory."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companion.lessons.claims import claims_of


@dataclass(frozen=True)
class Chapter:
    """An executed notebook and what its run was like.

    Args:
        name: the notebook's name without its ending.
        path: the executed notebook.
        notebook: its JSON.
        run: what the runner wrote beside it (seconds, peak memory, …), or nothing.
        seeds: what runs with several seeds recorded, from which bands are set, or nothing.
        confirmed: what runs with fresh seeds recorded, on which bands are tried, or nothing.
    """

    name: str
    path: Path
    notebook: dict[str, Any]
    run: dict[str, Any] = field(default_factory=dict)
    seeds: dict[str, Any] = field(default_factory=dict)
    confirmed: dict[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """The chapter's number, as in its name."""
        return self.name.split("_")[0].lstrip("0")

    @property
    def title(self) -> str:
        """The chapter's number and the text of its first heading, its name when there is none."""
        for cell in self.notebook["cells"]:
            for line in "".join(cell["source"]).splitlines():
                if cell["cell_type"] == "markdown" and line.startswith("# "):
                    heading = line[2:].strip()
                    return heading if heading[0].isdigit() else f"{self.number}. {heading}"
        return self.name

    def claims(self) -> list[dict[str, Any]]:
        """The claims stored in the notebook's outputs, in order."""
        return claims_of(self.notebook)


def read_chapters(names: list[str], executed: Path, results: Path) -> list[Chapter]:
    """The executed notebooks of these chapters.

    Raises:
        FileNotFoundError: a chapter was not executed, naming it and the remedy.
    """
    chapters = []
    for name in names:
        path = executed / f"{name}.ipynb"
        if not path.is_file():
            raise FileNotFoundError(
                f"chapter {name} is not executed: {path.name} is not in {executed.name}/; "
                "run `python -m companion run --cached`"
            )
        chapters.append(
            Chapter(
                name,
                path,
                json.loads(path.read_text(encoding="utf-8")),
                run=read_json(executed / f"{name}.json"),
                seeds=read_json(results / "seeds" / f"{name}.json"),
                confirmed=read_json(results / "confirmed" / f"{name}.json"),
            )
        )
    return chapters


def read_json(path: Path) -> dict[str, Any]:
    """One JSON mapping from a file, an empty one where there is no file."""
    if not path.is_file():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
