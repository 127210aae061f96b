"""The map of the package's rooms, from the code: `python scripts/site/rooms.py`.

Rows are the layers of the import contract in pyproject.toml, lines the imports that grimp finds.
The command writes the map into CONTRIBUTING.md; the site draws it on the page of the package.
"""

import ast
import sys
import tomllib
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
START, END = "<!-- rooms -->", "<!-- /rooms -->"
WIDTH, ROW, BOX, TALL = 424, 64, 98, 30
TEXT = (
    "Rooms from top to bottom, and a line from each to those that it imports. A line is left out "
    "where a way through other rooms says the same."
)


def layers(root: Path = ROOT) -> list[list[str]]:
    """The contract's layers, from top to bottom, those of folders alone."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    rows = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    rooms = [[name.strip() for name in row.split("|")] for row in rows]
    kept = [[name for name in row if (root / "companion" / name).is_dir()] for row in rooms]
    return [row for row in kept if row]


def imports(rooms: list[str]) -> dict[str, set[str]]:
    """Which of these rooms each of them imports, anywhere within it."""
    graph = grimp.build_graph("companion")
    for room in rooms:
        graph.squash_module(f"companion.{room}")
    found = {room: graph.find_modules_directly_imported_by(f"companion.{room}") for room in rooms}
    return {
        room: {name.removeprefix("companion.") for name in names} & set(rooms) - {room}
        for room, names in found.items()
    }


def sparse(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same map without the lines that follow from others."""

    def below(room: str) -> set[str]:
        return edges[room].union(*(below(name) for name in edges[room]))

    return {
        room: {name for name in names if not any(name in below(other) for other in names)}
        for room, names in edges.items()
    }


def summary(package: Path) -> str:
    """The first line of a package's or module's docstring."""
    text = (package / "__init__.py" if package.is_dir() else package).read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]


def mermaid(rows: list[list[str]], edges: dict[str, set[str]]) -> str:
    """The map as a diagram that GitHub draws."""
    lines = [f"    {row[0]}" if len(row) == 1 else f"    {' ~~~ '.join(row)}" for row in rows]
    for room in (name for row in rows for name in row):
        if edges[room]:
            lines.append(f"    {room} --> {' & '.join(sorted(edges[room]))}")
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```"])


def svg(rows: list[list[str]], edges: dict[str, set[str]]) -> str:
    """The map as a drawing whose colours come from the page and whose rooms lead to their pages."""
    place = {
        room: (WIDTH * (index + 0.5) / len(row), ROW * at + 4)
        for at, row in enumerate(rows)
        for index, room in enumerate(row)
    }
    pieces = []
    for room, names in edges.items():
        x, y = place[room][0], place[room][1] + TALL
        for to_x, to_y in (place[name] for name in sorted(names)):
            middle = (y + to_y) / 2
            path = f"M{x:g} {y} C{x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y}"
            pieces.append(f'<path class="room-import" d="{path}"/>')
    for room, (x, y) in place.items():
        pieces.append(
            f'<a href="api_{room}.html"><rect class="room" x="{x - BOX / 2:g}" y="{y}" '
            f'width="{BOX}" height="{TALL}" rx="6"/>'
            f'<text x="{x:g}" y="{y + 19}" text-anchor="middle">{escape(room)}</text></a>'
        )
    height = ROW * (len(rows) - 1) + TALL + 8
    return (
        f'<svg class="rooms" viewBox="0 0 {WIDTH} {height}" role="group" '
        'aria-labelledby="rooms-title rooms-text"><title id="rooms-title">Map of the rooms</title>'
        f'<desc id="rooms-text">{TEXT}</desc>{"".join(pieces)}</svg>'
    )


def drawn(text: str, root: Path = ROOT) -> str:
    """The text with the map as it is now between its two marks.

    Raises:
        ValueError: the marks are missing.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"no {START} … {END} in CONTRIBUTING.md, where the map of rooms goes")
    rows = layers(root)
    said = [f"- `{room}`: {summary(root / 'companion' / room)}" for row in rows for room in row]
    diagram = mermaid(rows, sparse(imports([room for row in rows for room in row])))
    return f"{before}{START}\n\n{diagram}\n\n" + "\n".join(said) + f"\n\n{END}{after}"


def main() -> None:
    """Write the map into CONTRIBUTING.md."""
    sys.path.insert(0, str(ROOT))
    guide = ROOT / "CONTRIBUTING.md"
    guide.write_text(drawn(guide.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
