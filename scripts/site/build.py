"""Build the site: `python scripts/site/build.py` (what `make book` calls last).

Stages `_build/source/` from book/, the executed chapters and generated pages, and builds
`_build/html/` with warnings as errors. Does nothing when nothing changed since a whole build.
"""

import argparse
import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import sys
import time
import warnings
from pathlib import Path

from check import problems

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ("_config.yml", "_toc.yml", "CHANGELOG.md", "requirements.txt")
FOLDERS = ("book", "companion", "scripts/site")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def passing(path: Path) -> bool:
    """Whether a file is some tool's own: a cache, a checkpoint."""
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def fingerprint(root: Path, executed: Path) -> str:
    """A hash over every file that the site is made of."""
    files = [root / name for name in INPUTS]
    for folder in (*(root / name for name in FOLDERS), executed):
        files += sorted(path for path in folder.rglob("*") if not passing(path.relative_to(folder)))

    def name(path: Path) -> str:
        folder = executed if path.is_relative_to(executed) else root
        return path.relative_to(folder).as_posix()

    digest = hashlib.sha256()
    for path in files:
        if path.is_file():
            digest.update(name(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def sphinx_build(source: Path, html: Path) -> list[str]:
    """Run Sphinx as Jupyter Book sets it up (-W -n --keep-going); return its warnings."""
    from jupyter_book.sphinx import build_sphinx

    report = io.StringIO()
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    with (
        contextlib.redirect_stderr(report),
        contextlib.redirect_stdout(io.StringIO()),
        # Sphinx reports through its log; what Python warns of here is its extensions' business.
        warnings.catch_warnings(action="ignore"),
    ):
        outcome = build_sphinx(
            source,
            html,
            noconfig=True,
            path_config=source / "_config.yml",
            confoverrides={
                "nitpicky": True,
                "external_toc_path": str(source / "_toc.yml"),
                "latex_individualpages": False,
            },
            doctreedir=html.parent / ".doctrees",
            freshenv=True,
            force_all=True,
            warningiserror=True,
            keep_going=True,
        )
    lines = [COLOUR.sub("", line) for line in report.getvalue().splitlines() if line.strip()]
    if isinstance(outcome, BaseException) or outcome:
        return lines or [f"Sphinx stopped: {outcome!r}"]
    return []


def build(root: Path, executed: Path, out: Path, *, force: bool = False) -> list[str]:
    """Build the site under `out`; return what is wrong with it, nothing when all is well."""
    html, source, record = out / "html", out / "source", out / "site.json"
    key = fingerprint(root, executed)
    known = json.loads(record.read_text()) if record.is_file() else {}
    if not force and known.get("key") == key and all((html / p).is_file() for p in known["files"]):
        return []
    # The package is imported for its docstrings: not before it is known to be needed.
    from claims_page import link_cards
    from finish import finish
    from live import write_live
    from stage import stage

    record.unlink(missing_ok=True)
    for folder in (html, source, out / ".doctrees"):
        shutil.rmtree(folder, ignore_errors=True)
    names = stage(root, executed, source)
    found = sphinx_build(source, html)
    if not found:
        link_cards(html, names)
        finish(html, names)
        if "live" in names:
            write_live(root / "book", html / "live")
        found = problems(html, names, root)
    if not found:
        files = sorted(path.relative_to(html).as_posix() for path in html.rglob("*.html"))
        record.write_text(json.dumps({"key": key, "files": files}))
    return found


def main() -> int:
    """Build, say in one line how it went; 1 when the site is not whole."""
    parser = argparse.ArgumentParser(description="Build the book's site.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the book's repository")
    parser.add_argument("--executed", type=Path, help="executed notebooks (_build/executed)")
    parser.add_argument("--out", type=Path, help="where to build (_build)")
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    given = parser.parse_args()
    out = given.out or given.root / "_build"
    start = time.monotonic()
    try:
        found = build(given.root, given.executed or out / "executed", out, force=given.force)
    except (OSError, ValueError, KeyError) as error:
        found = [str(error)]
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print(f"site: NOT built: {len(found)} problems, the first: {found[0]}", file=sys.stderr)
        return 1
    shown = os.path.relpath(out / "html" / "index.html")
    print(f"site: {shown} ({time.monotonic() - start:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
