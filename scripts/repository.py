"""Writes the repository's address into `_config.yml`, and from there into every chapter.

    python scripts/repository.py https://github.com/<owner>/<name> [--revision v0.1.0]
    python scripts/repository.py ""         # unset it again
    python scripts/repository.py --show     # print the address, nothing where none is set

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
SETTING = r"^(  {key}: *)([\"']?)([^\"'#\n]*?)\2( *(?:#.*)?)$"
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


def setting(config: str, key: str) -> str:
    """One value of the `repository` block of `_config.yml`, without quotes and comment."""
    found = re.search(SETTING.format(key=key), config, re.MULTILINE)
    if found is None:
        raise ValueError(f"_config.yml has no `{key}:` in its `repository` block; restore it")
    return found[3]


def edit_config(config: str, repository: Repository) -> str:
    """`_config.yml` with another address; every other character stays."""
    for key, value in repository._asdict().items():
        setting(config, key)
        line = re.compile(SETTING.format(key=key), re.MULTILINE)
        config = line.sub(rf'\g<1>"{value}"\g<4>', config, count=1)
    return config


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


def write(root: Path, url: str, revision: str | None) -> Repository:
    """Writes an address to `_config.yml` and to every chapter; on an error, to none of them."""
    config = root / "_config.yml"
    old = config.read_text(encoding="utf-8")
    repository = checked(url, revision or setting(old, "branch"))
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
    parser.add_argument("--show", action="store_true", help="only print the address")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    arguments = parser.parse_args()
    try:
        if arguments.show:
            print(setting((arguments.root / "_config.yml").read_text(encoding="utf-8"), "url"))
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
