"""Writes the repository's address into `_config.yml`, and from there into every chapter.

    python scripts/repository.py https://github.com/<owner>/<name> [--revision v0.1.0]
    python scripts/repository.py ""         # unset it again
    python scripts/repository.py --show     # print the address, nothing where none is set
    python scripts/repository.py --check    # are the chapters in step with `_config.yml`?

Standard library only. The address stands in `_config.yml` alone; chapters hold copies of it.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from setup_cell import colab_link, setup_cell

ADDRESS = re.compile(r"https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
BLOCK = re.compile(r"^repository:[^\n]*\n(?:[ \t]+[^\n]*\n|[ \t]*\n)*", re.MULTILINE)
LINK = re.compile(r"\n*^\[Open this chapter in Colab\]\([^)\n]*\)\n*", re.MULTILINE)


class Repository(NamedTuple):
    """Where the book's package comes from; both chapters and site take it from here."""

    url: str
    revision: str


def checked(url: str, revision: str) -> Repository:
    """A repository whose address and revision can stand in a chapter.

    Raises:
        ValueError: the address is no GitHub repository (Colab opens no other), or the revision
            has characters that no tag, branch or commit of ours has.
    """
    url = url.strip().removesuffix("/").removesuffix(".git")
    if url and not ADDRESS.fullmatch(url):
        raise ValueError(f"URL={url!r} is not like https://github.com/<owner>/<name>")
    if not REVISION.fullmatch(revision):
        raise ValueError(f"REVISION={revision!r} is not the name of a tag, a branch or a commit")
    return Repository(url, revision)


def setting(block: str, key: str) -> str | None:
    """One value of the `repository` block, without quotes and comment; None where it is absent."""
    found = re.search(rf"^[ \t]+{key}:[ \t]*(\"[^\"\n]*\"|'[^'\n]*'|[^#\n]*)", block, re.MULTILINE)
    return found[1].strip().strip("\"'") if found else None


def repository_block(config: str) -> re.Match[str]:
    """Where the `repository` block of `_config.yml` stands."""
    found = BLOCK.search(config)
    if found is None or setting(found[0], "url") is None:
        raise ValueError("_config.yml has no `repository:` block with a `url:` in it; restore it")
    return found


def read_config(config: str) -> Repository:
    """The repository that `_config.yml` names, at its `revision` or, where none is set, branch."""
    block = repository_block(config)[0]
    revision = setting(block, "revision") or setting(block, "branch") or "main"
    return checked(setting(block, "url") or "", revision)


def edit_config(config: str, repository: Repository) -> str:
    """`_config.yml` with another address; every other character stays.

    The branch is what the site's edit links lead to, so a revision that differs from it gets a
    line of its own, directly below the address.
    """
    found = repository_block(config)
    block = found[0]
    branch = setting(block, "branch") or "main"
    block = re.sub(r"^[ \t]+revision:[^\n]*\n", "", block, flags=re.MULTILINE)
    value = r"(\"[^\"\n]*\"|'[^'\n]*'|[^#\n]*?)(?=[ \t]*(#|$))"
    line = re.compile(rf"^([ \t]+)url:[ \t]*{value}", re.MULTILINE)
    block = line.sub(lambda hit: f'{hit[1]}url: "{repository.url}"', block, count=1)
    if repository.url and repository.revision != branch:
        extra = rf'\g<0>\g<1>revision: "{repository.revision}"' + "\n"
        block = re.sub(r"^([ \t]+)url:[^\n]*\n", extra, block, count=1, flags=re.MULTILINE)
    return config[: found.start()] + block + config[found.end() :]


def edit_chapter(text: str, chapter: str, repository: Repository) -> str:
    """A notebook's text with the set-up cell and the Colab link of this repository."""
    notebook = json.loads(text)
    title, setup = notebook["cells"][0], setup_of(notebook, chapter)
    setup["source"] = lines(setup_cell(*repository))
    prose = LINK.sub("\n\n", "".join(title["source"])).strip("\n")
    link = colab_link(*repository, chapter)
    title["source"] = lines(f"{prose}\n\n{link}" if link else prose)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def setup_of(notebook: dict[str, Any], chapter: str) -> dict[str, Any]:
    """The one cell tagged `setup`."""
    found = [cell for cell in notebook["cells"] if "setup" in cell["metadata"].get("tags", [])]
    if len(found) != 1:
        raise ValueError(f"{chapter} has {len(found)} cells tagged `setup`; it needs exactly one")
    cell: dict[str, Any] = found[0]
    return cell


def lines(source: str) -> list[str]:
    """A cell's source as notebooks store it."""
    return source.splitlines(keepends=True)


def out_of_step(root: Path) -> list[str]:
    """The chapters that do not hold what `_config.yml` says."""
    repository = read_config((root / "_config.yml").read_text(encoding="utf-8"))
    return [
        path.stem
        for path in sorted((root / "book").glob("[0-9]*.ipynb"))
        if (text := path.read_text(encoding="utf-8")) != edit_chapter(text, path.stem, repository)
    ]


def write(root: Path, url: str, revision: str | None) -> Repository:
    """Writes an address to `_config.yml` and to every chapter; on an error, to none of them."""
    config = root / "_config.yml"
    old = config.read_text(encoding="utf-8")
    branch = setting(repository_block(old)[0], "branch") or "main"
    repository = checked(url, revision or branch)
    new = {config: edit_config(old, repository)}
    for path in sorted((root / "book").glob("[0-9]*.ipynb")):
        new[path] = edit_chapter(path.read_text(encoding="utf-8"), path.stem, repository)
    for path, text in new.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return repository


def main() -> int:
    """The command line; one clear line on standard error where something is wrong."""
    parser = argparse.ArgumentParser(description="Writes the repository's address through.")
    parser.add_argument("url", nargs="?", help='https://github.com/<owner>/<name>, or "" to unset')
    parser.add_argument("--revision", help="tag, branch or commit to install from (the branch)")
    parser.add_argument("--check", action="store_true", help="only say whether all is in step")
    parser.add_argument("--show", action="store_true", help="only print the address")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    arguments = parser.parse_args()
    try:
        if arguments.check:
            stale = out_of_step(arguments.root)
            print(f"out of step with _config.yml: {', '.join(stale)}" if stale else "in step")
            return 1 if stale else 0
        if arguments.show:
            print(read_config((arguments.root / "_config.yml").read_text(encoding="utf-8")).url)
            return 0
        if arguments.url is None:
            raise ValueError("no address: `make repository URL=https://github.com/<owner>/<name>`")
        repository = write(arguments.root, arguments.url, arguments.revision or None)
    except ValueError as error:
        print(f"repository: {error}", file=sys.stderr)
        return 1
    print(f"repository: {repository.url or 'unset'} at {repository.revision}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
