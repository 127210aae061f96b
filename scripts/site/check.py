"""What must hold of the built pages, whatever Sphinx said."""

import re
from pathlib import Path

LOADED = re.compile(
    r"<(?:script|img|link(?=[^>]*rel=\"(?:stylesheet|preload|icon|modulepreload)\"))"
    r"[^>]*?(?:src|href)=\"((?:https?:)?//[^\"]+)\""
)


def problems(html: Path, names: list[str], root: Path) -> list[str]:
    """Missing pages, files loaded from elsewhere, and this machine's paths, one line each."""
    found = [
        f"page {name}.html is missing from the site"
        for name in names
        if not (html / f"{name}.html").is_file()
    ]
    private = {str(root.resolve()), str(Path.home())} - {"/"}
    for page in sorted(html.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        found += [f"{page.name} loads {address}" for address in LOADED.findall(text)]
        found += [
            f"{page.name} shows {path}, a path of the machine that built it"
            for path in sorted(private)
            if f"{path}/" in text
        ]
    return found
