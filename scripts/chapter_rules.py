"""The rules that every stored chapter keeps, as functions from a notebook's text to complaints.

    python scripts/chapter_rules.py [NOTEBOOK...]     # all of book/ when none is named

What needs the notebook to run (stored outputs against fresh ones, solutions) is tested elsewhere.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import chapter_outputs as outputs
import chapter_sources as sources
from chapter_cells import Rule

SIZE = 1_000_000
RULES: tuple[Rule, ...] = (
    sources.starts_as_all_do,
    sources.has_two_parameters,
    sources.tells_in_order,
    sources.has_short_code,
    sources.defines_no_class,
    outputs.was_executed_in_order,
    outputs.stores_nothing_of_the_machine,
    sources.has_no_myst,
    outputs.describes_figures,
    outputs.shows_its_figures,
    outputs.stores_its_claims,
    sources.has_exercises,
)


def is_plain_file(text: str) -> Iterator[str]:
    """Small, for the `python3` kernel, written as nbformat writes, with no trace of a tool."""
    notebook = json.loads(text)
    if len(text.encode()) >= SIZE:
        yield f"the notebook has {len(text.encode())} bytes; {SIZE} are too many"
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not `python3`"
    for key in {"papermill", "widgets", "colab", "vscode"} & set(notebook["metadata"]):
        yield f"the metadata holds `{key}`"
    if text != json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n":
        yield "the file is not formatted as nbformat writes it"


def complaints(text: str) -> list[str]:
    """Everything wrong with a notebook's text, each with the rule that it breaks."""
    found = [f"is_plain_file: {line}" for line in is_plain_file(text)]
    cells = json.loads(text)["cells"]
    return found + [f"{rule.__name__}: {line}" for rule in RULES for line in rule(cells)]


def main() -> int:
    """Prints the complaints about notebooks."""
    root = Path(__file__).resolve().parents[1]
    named = [Path(name) for name in sys.argv[1:]] or sorted((root / "book").glob("[0-9]*.ipynb"))
    found = [f"{p.name}: {line}" for p in named for line in complaints(p.read_text("utf-8"))]
    print("\n".join(found) or f"{len(named)} notebooks keep the rules")
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
