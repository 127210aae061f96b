"""What a chapter's outputs depend on, as one hash: the key of the cache of executed chapters.

It covers the notebook's sources, every module of the package that it imports, directly or not, the
data files beside them, the lock, and recorded results and weights of the chapter. A cache that
does not see the package serves stale figures.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from companion.runner.notebooks import clean_metadata, find_root

PACKAGE = "companion"
DOTTED = re.compile(rf"\b{PACKAGE}(?:\.[A-Za-z_]\w*)*")


def chapter_key(path: Path, profile: str, *, root: Path | None = None) -> str:
    """The hash of everything that the chapter in `path` depends on when run in `profile`."""
    root = root or find_root()
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [
        [c["cell_type"], "".join(c["source"]), clean_metadata(c["metadata"])]
        for c in notebook["cells"]
    ]
    digest = hashlib.sha256(json.dumps([profile, cells], sort_keys=True).encode())
    for file in dependencies(notebook, path.stem, root):
        # Line ends differ between checkouts of the same commit; binary files are as they are.
        content = file.read_bytes()
        content = content.replace(b"\r\n", b"\n") if b"\0" not in content else content
        digest.update(f"\n{file.relative_to(root).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def dependencies(notebook: Any, chapter: str, root: Path) -> list[Path]:
    """The files besides the notebook that its outputs depend on, sorted."""
    files = set(closure(code_of(notebook), root))
    for folder in {file.parent for file in files}:
        files |= set(_data_files(folder))
    lock = root / "requirements.txt"
    files |= {lock} if lock.is_file() else set()
    code = "\n".join(code_of(notebook))
    named = re.compile(rf"{re.escape(chapter)}(?![A-Za-z0-9])")
    for kind in ("results", "weights"):
        for file in (root / "book" / kind).rglob("*"):
            if file.is_file() and (named.match(file.name) or file.name in code):
                files.add(file)
    return sorted(files)


def code_of(notebook: Any) -> list[str]:
    """The sources of the code cells."""
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def closure(sources: Iterable[str], root: Path) -> set[Path]:
    """The modules of the package that these sources import, and those that they import in turn."""
    found: set[Path] = set()
    waiting = {name for source in sources for name in imported(source, PACKAGE, root)}
    while waiting:
        name = waiting.pop()
        file = module_file(name, root)
        if file is None or file in found:
            continue
        found.add(file)
        waiting.add(name.rpartition(".")[0] or PACKAGE)
        inside = name if file.name == "__init__.py" else name.rpartition(".")[0]
        waiting |= imported(file.read_text(encoding="utf-8"), inside, root)
    return found


def imported(source: str, package: str, root: Path) -> set[str]:
    """The package's modules that `source` names; `package` is where relative imports start.

    Texts such as `import_module("companion.parts")` count too. A source that does not parse, and a
    package that makes its names on demand (`__getattr__`), count as importing all they might.
    """
    tree = parse(source)
    if tree is None:
        return set(DOTTED.findall(source))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= {node.value} if DOTTED.fullmatch(node.value) else set()
        elif isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            folder = root.joinpath(*package.split("."))
            names |= {f"{package}.{file.stem}" for file in folder.glob("*.py")}
    return {name for name in names if name.split(".")[0] == PACKAGE}


def parse(source: str) -> ast.Module | None:
    """The syntax tree of a cell, its magics and shell commands left out; None where it has none."""
    lines = source.split("\n")
    plain = [re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in lines]
    try:
        return ast.parse("\n".join(plain))
    except SyntaxError:
        return None


def module_file(name: str, root: Path) -> Path | None:
    """The file of a module or of a package's `__init__`, None where there is none."""
    path = root.joinpath(*name.split("."))
    candidates = (path / "__init__.py", path.with_name(f"{path.name}.py"))
    return next((file for file in candidates if file.is_file()), None)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _data_files(folder: Path) -> Iterator[Path]:
    """Files beside a package's modules, in folders that are no packages themselves too."""
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__" and not (entry / "__init__.py").is_file():
                yield from _data_files(entry)
        elif entry.suffix not in (".py", ".pyc") and not entry.name.startswith("."):
            yield entry
