"""Lay out the book as Sphinx reads it: pages, executed chapters, generated pages, downloads."""

import shutil
import zipfile
from pathlib import Path

import yaml
from api_page import api_pages
from book_config import derive, flatten_toc, pages, read_yaml
from claims_page import claims_page
from cost_page import cost_page
from executed import Chapter, read_chapters, read_json
from front import fill_front
from live import fill_live

GENERATED = ("claims", "cost", "api", "changelog")
EPOCH = (1980, 1, 1, 0, 0, 0)


def stage(root: Path, executed: Path, source: Path) -> list[str]:
    """Write the book's sources under `source`; return the names of its pages.

    Raises:
        FileNotFoundError: a page of the table of contents has no source.
        ValueError: the repository's address is not one of GitHub.
    """
    rooms = api_pages(root)
    toc = flatten_toc(read_yaml(root / "_toc.yml"), below={"api": list(rooms)[1:]})
    names = list(pages(toc))
    book = root / "book"
    notebooks = [name for name in names if (book / f"{name}.ipynb").is_file()]
    missing = [
        name
        for name in names
        if name not in (*GENERATED, *rooms, *notebooks) and not (book / f"{name}.md").is_file()
    ]
    if missing:
        raise FileNotFoundError(f"_toc.yml names book/{missing[0]}, which is not there")
    chapters = read_chapters(notebooks, executed, book / "results")

    source.mkdir(parents=True)
    for folder in ("images", "_static", "live"):
        if (book / folder).is_dir():
            shutil.copytree(book / folder, source / folder)
    for path in (*book.glob("*.md"), *book.glob("*.bib")):
        shutil.copy(path, source)
    for chapter in chapters:
        shutil.copy(chapter.path, source)
    write(source / "_config.yml", dump(derive(read_yaml(root / "_config.yml"))))
    write(source / "_toc.yml", dump(toc))

    write(source / "claims.md", claims_page(chapters))
    write(source / "cost.md", cost_page(chapters, read_json(book / "results" / "step_times.json")))
    for name, text in rooms.items():
        write(source / f"{name}.md", text)
    write(source / "changelog.md", (root / "CHANGELOG.md").read_text(encoding="utf-8"))
    index = source / "index.md"
    plan = read_yaml(book / "plan.yml")
    write(index, fill_front(index.read_text(encoding="utf-8"), plan, chapters))
    if "live" in names:
        live = source / "live.md"
        write(live, fill_live(live.read_text(encoding="utf-8"), book))
    pack_notebooks(chapters, book / "images", source / "notebooks.zip")
    return names


def dump(content: dict) -> str:
    """YAML, in the order it was read."""
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def write(path: Path, text: str) -> None:
    """Write text as UTF-8 with newlines that do not depend on the system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def pack_notebooks(chapters: list[Chapter], images: Path, path: Path) -> None:
    """All executed notebooks and the images they show in one archive, always the same bytes."""
    shown = "".join(chapter.path.read_text(encoding="utf-8") for chapter in chapters)
    pictures = [image for image in sorted(images.glob("*")) if f"images/{image.name}" in shown]
    files = {chapter.path.name: chapter.path for chapter in chapters}
    files |= {f"images/{image.name}": image for image in pictures}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files.items():
            entry = zipfile.ZipInfo(f"seeing-attention/{name}", date_time=EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
