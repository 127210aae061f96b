"""The pages of the package: one a room, with its modules' docstrings, and the map of the rooms."""

from pathlib import Path

from rooms import TEXT, imports, layers, sparse, summary, svg

INTRO = f"""# The package

`companion` holds the code that the chapters import. It is a house on a slope: a room imports only
rooms below it, and a test refuses anything else. {TEXT}
"""


def api_pages(root: Path) -> dict[str, str]:
    """Each page's name -> its Markdown; the first is that of the whole package."""
    rows = [row for row in layers(root) if row] if (root / "pyproject.toml").is_file() else []
    rooms = [room for row in rows for room in row]
    if not rooms:
        return {"api": INTRO}
    edges = imports(rooms)
    table = ["| Room | Holds | Imports |", "| --- | --- | --- |"]
    for room in rooms:
        below = ", ".join(f"[`{name}`](api_{name}.md)" for name in rooms if name in edges[room])
        said = summary(root / "companion" / room)
        table.append(f"| [`{room}`](api_{room}.md) | {said} | {below or '–'} |")
    index = f"{INTRO}\n{svg(rows, sparse(edges))}\n\n" + "\n".join(table) + "\n"
    return {"api": index} | {
        f"api_{room}": room_page(root / "companion" / room, f"companion.{room}") for room in rooms
    }


def room_page(folder: Path, name: str) -> str:
    """One room: its own modules, then each package within it under a heading of its own."""
    parts = [f"# `{name}`\n", f"{summary(folder)}\n"]
    parts += [directive("##", f"{name}.{module}") for module in public_modules(folder)]
    for package in sorted(path.parent for path in folder.rglob("*/__init__.py")):
        inner = f"{name}.{'.'.join(package.relative_to(folder).parts)}"
        parts.append(f"## `{inner.removeprefix('companion.')}`\n\n{summary(package)}\n")
        parts += [directive("###", f"{inner}.{module}") for module in public_modules(package)]
    return "\n".join(parts)


def public_modules(package: Path) -> list[str]:
    """Names of a package's modules, without those that begin with an underscore."""
    return sorted(path.stem for path in package.glob("*.py") if not path.stem.startswith("_"))


def directive(mark: str, module: str) -> str:
    """Autodoc's directive for one module, below a heading of its own."""
    # What a module imports and names in __all__ stands where it is defined, and only there.
    options = "   :members:\n   :ignore-module-all:\n"
    heading = f"{mark} `{module.rsplit('.', 1)[1]}`"
    return f"{heading}\n\n```{{eval-rst}}\n.. automodule:: {module}\n{options}```\n"
