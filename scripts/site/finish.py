"""What is done to the built pages: page weights filled in, what no page needs taken out."""

import re
from pathlib import Path

# The style sheet's fonts draw the same icons; the script weighs more than all the rest.
ICON_SCRIPT = re.compile(r"\s*<script src=\"[^\"]*/fontawesome/[^\"]*\"></script>")
SPAN = '<span data-weight="{name}">{weight}</span>'


def drop_ballast(html: Path) -> None:
    """Take Font Awesome's script off every page, and files that no page loads."""
    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(ICON_SCRIPT.sub("", text), encoding="utf-8", newline="\n")
    static = html / "_static"
    for needless in (
        *(static / "vendor").rglob("all.min.js*"),
        *static.glob("*webpack-macros.html"),
        *static.rglob("*.map"),
    ):
        needless.unlink()


def fill_weights(html: Path, names: list[str]) -> None:
    """Write each page's weight into the built page of costs."""
    page = html / "cost.html"
    if not page.is_file():
        return
    text = page.read_text(encoding="utf-8")
    weights = {name: page_weight(html, name) for name in names} | {"shared": shared_weight(html)}
    for name, weight in weights.items():
        known = SPAN.format(name=name, weight=size(weight))
        text = text.replace(SPAN.format(name=name, weight="–"), known)
    page.write_text(text, encoding="utf-8", newline="\n")


def size(weight: int) -> str:
    """Bytes for people."""
    return f"{weight / 1e6:.1f} MB" if weight >= 1e6 else f"{weight / 1e3:.0f} kB"


def page_weight(html: Path, name: str) -> int:
    """Bytes of a page and of the images on it."""
    page = html / f"{name}.html"
    if not page.is_file():
        return 0
    text = page.read_text(encoding="utf-8")
    images = {path for path in (html / "_images").glob("*") if f"_images/{path.name}" in text}
    return page.stat().st_size + sum(path.stat().st_size for path in images)


def shared_weight(html: Path) -> int:
    """Bytes of the style sheets, scripts and fonts that every page loads."""
    text = (html / "cost.html").read_text(encoding="utf-8")
    static = html / "_static"
    return sum(
        path.stat().st_size
        for path in static.rglob("*")
        if path.is_file() and f"_static/{path.relative_to(static).as_posix()}" in text
    )
