"""The built site's files: every page is there, every link leads somewhere, downloads are whole."""

import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_every_page_exists(site: Path) -> None:
    contents = [
        line.split("book/")[1]
        for line in (ROOT / "_toc.yml").read_text().splitlines()
        if ": book/" in line
    ]
    assert len(contents) > 8
    assert [page for page in [*contents, "search"] if not (site / f"{page}.html").is_file()] == []


class Links(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors.update(filter(None, (given.get("id"), given.get("name"))))
        name = "href" if tag in ("a", "link") else "src"
        if given.get(name):
            self.links.append(str(given[name]))


def test_internal_links_resolve(site: Path) -> None:
    pages = {path: Links(path) for path in site.rglob("*.html")}
    broken = []
    for page, parsed in pages.items():
        for link in parsed.links:
            if urlsplit(link).scheme:
                continue
            target, anchor = urlsplit(link).path, unquote(urlsplit(link).fragment)
            path = (page.parent / unquote(target)).resolve() if target else page
            path = path / "index.html" if path.is_dir() else path
            known = pages[path].anchors if path in pages else {anchor}
            if not path.is_file() or (anchor and anchor not in known):
                broken.append(f"{page.name}: {link}")
    assert broken == []


def test_no_button_leads_nowhere(site: Path) -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    text = (site / "04_vit.html").read_text()
    has_address = bool(config["repository"]["url"])
    assert ("colab.research.google.com" in text.replace("/drive", "")) == has_address
    assert ("btn-source-edit-button" in text) == has_address
    assert ("btn-source-repository-button" in text) == has_address


def test_notebooks_can_be_downloaded(site: Path, executed_book: dict[str, Path]) -> None:
    archive = next((site / "_downloads").rglob("notebooks.zip"))
    with zipfile.ZipFile(archive) as packed:
        for name, path in executed_book.items():
            assert packed.read(f"seeing-attention/{name}.ipynb") == path.read_bytes()
            assert (site / "_sources" / f"{name}.ipynb").read_bytes() == path.read_bytes()
            for image in set(re.findall(r"images/([\w.-]+\.svg)", path.read_text())):
                original = (ROOT / "book" / "images" / image).read_bytes()
                assert packed.read(f"seeing-attention/images/{image}") == original
