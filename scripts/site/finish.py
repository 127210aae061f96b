"""What is done to the built pages: weights filled in, what no page needs taken out."""

import re
from pathlib import Path

from assets import bundle
from pictures import settle

# The style sheet's fonts draw the same icons; the script weighs more than all the rest.
ICON_SCRIPT = re.compile(r"\s*<script src=\"[^\"]*/fontawesome/[^\"]*\"></script>")
# The theme prints a second title and a list of contents, which excerpts of the search begin with.
CONTENTS = re.compile(r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', re.DOTALL)
TWICE = re.compile(r'<meta name="viewport" content="width=device-width, initial-scale=1" ?/>')
THEME = re.compile(r'<script data-cfasync="false">.*?</script>', re.DOTALL)
# The theme's toggle of a branch of the contents has no name.
BRANCH = '<summary><span class="toctree-toggle"'
# The reader's choice, or else the system's, before any style sheet for which it would have to wait.
CHOOSE = """<script>
{ const page = document.documentElement.dataset;
  try { page.mode = localStorage.getItem("mode") || "auto"; } catch { page.mode = "auto"; }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  page.theme = page.mode === "auto" ? (dark ? "dark" : "light") : page.mode; }
</script>"""
# The menu's button needs a script; the label works alone.
MENU = (
    '<noscript><label class="menu" for="pst-primary-sidebar-checkbox" tabindex="0">'
    "Contents</label></noscript>"
)
SPAN = '<span data-weight="{name}">{weight}</span>'


def finish(html: Path, names: list[str]) -> None:
    """Make the pages light, and then say how heavy they are."""
    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for ballast in (ICON_SCRIPT, CONTENTS, TWICE):
            text = ballast.sub("", text)
        text = THEME.sub("", text, count=1).replace("<title>", f"{CHOOSE}\n<title>", 1)
        text = text.replace('data-theme="auto"', 'data-theme="light"', 1)
        text = text.replace(BRANCH, BRANCH.replace(">", ' aria-label="Pages within">', 1))
        text = text.replace('<div class="bd-container">', f'{MENU}<div class="bd-container">', 1)
        page.write_text(text, encoding="utf-8", newline="\n")
    static = html / "_static"
    for needless in (*(static / "vendor").rglob("all.min.js*"), *static.rglob("*.map"),
                     *static.glob("*webpack-macros.html")):  # fmt: skip
        needless.unlink()
    settle(html)
    bundle(html)
    fill_weights(html, names)


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
    """Bytes of the style sheet and the script that every page loads, and of the fonts they name."""
    static = html / "_static"
    loaded = (html / "cost.html").read_text(encoding="utf-8")
    loaded += (static / "site.css").read_text(encoding="utf-8")
    files = (path for kind in ("css", "js", "svg", "woff*") for path in static.glob(f"*.{kind}"))
    return sum(
        path.stat().st_size
        for path in files
        if re.search(rf"[\"/]{re.escape(path.name)}[\"?]", loaded)
    )
