"""One style sheet and one script for all pages, with what no page uses left out."""

import hashlib
import io
import os
import re
from collections.abc import Iterable
from pathlib import Path

import tinycss2
from fontTools import subset
from fontTools.ttLib import TTFont

STYLE = re.compile(r'\s*<link [^>]*href="_static/([\w./-]+\.css)(?:\?[^"]*)?"[^>]*/>')
SCRIPT = re.compile(r'\s*<script [^>]*src="_static/([\w./-]+\.js)(?:\?[^"]*)?"[^>]*></script>')
PRELOAD = re.compile(r'\s*<link rel="preload"[^>]*/>')
INLINE = re.compile(r"\s*<script>(?:let toggle|var toggle|DOCUMENTATION_OPTIONS\.page).*?</script>")
# These belong to the page of search alone; tabs are used nowhere.
APART, NEEDLESS = {"searchtools.js", "language_data.js"}, {"design-tabs.js"}
ADDRESS = re.compile(r"url\(\s*[\"']?(?!data:|#)([^\"')?#]+)[^\"')]*[\"']?\s*\)")
GLYPH = re.compile(r"[\ue000-\uf8ff]")  # where fonts keep icons
IMPORT = re.compile(r'@import "([\w./]+)";')


def bundle(html: Path) -> None:
    """Replace the theme's many small files by `_static/site.css` and `_static/site.js`."""
    static = html / "_static"
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(html.rglob("*.html"))}
    styles = merged(STYLE, pages.values())
    scripts = [name for name in merged(SCRIPT, pages.values()) if name not in APART | NEEDLESS]
    code = ";\n".join((static / name).read_text(encoding="utf-8") for name in scripts)
    words = {word for text in (code, *pages.values()) for word in re.findall(r"[\w-]+", text)}
    sheet = "".join(used(style_sheet(static, name), words) for name in styles)
    sheet = small_fonts(sheet, static)
    css = write(static, "site.css", '@charset "utf-8";' + sheet)
    js = write(static, "site.js", code)
    head = (
        f'<link rel="stylesheet" href="_static/{css}" /><script defer src="_static/{js}"></script>'
    )
    for path, text in pages.items():
        for pattern in (PRELOAD, STYLE, INLINE):
            text = pattern.sub("", text)
        text = SCRIPT.sub(apart, text).replace(
            '<script src="searchindex', '<script defer src="searchindex'
        )
        path.write_text(text.replace("</title>", f"</title>\n{head}", 1), encoding="utf-8")
    for name in {*styles, *scripts, *NEEDLESS}:
        (static / name).unlink(missing_ok=True)


def apart(found: re.Match[str]) -> str:
    """A script that keeps its own tag runs after the one for all pages."""
    return found[0].replace("<script ", "<script defer ") if found[1] in APART else ""


def merged(pattern: re.Pattern[str], pages: Iterable[str]) -> list[str]:
    """Files that the pages name, once each, in the order in which they first come."""
    return list(dict.fromkeys(name for text in pages for name in pattern.findall(text)))


def style_sheet(static: Path, name: str) -> str:
    """A style sheet with those that it imports, its addresses relative to `_static/`."""
    folder = Path(name).parent

    def inserted(found: re.Match[str]) -> str:
        return style_sheet(static, os.path.normpath(folder / found[1]))

    def moved(found: re.Match[str]) -> str:
        return f'url("{os.path.normpath(folder / found[1])}")'

    text = ADDRESS.sub(moved, (static / name).read_text(encoding="utf-8"))
    return IMPORT.sub(inserted, text)


def used(sheet: str, words: set[str]) -> str:
    """The sheet without selectors whose classes stand in no page and no script."""

    def kept(rules: list[tinycss2.ast.Node]) -> str:
        text = ""
        for rule in rules:
            if rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
                inner = kept(tinycss2.parse_rule_list(rule.content, True, True))
                head = tinycss2.serialize(rule.prelude)
                text += f"@{rule.at_keyword}{head}{{{inner}}}" if inner else ""
            elif rule.type == "qualified-rule":
                selectors = split(tinycss2.serialize(rule.prelude))
                left = [one for one in selectors if needed(one, words)]
                body = tinycss2.serialize(rule.content).strip()
                text += f"{','.join(left)}{{{body}}}\n" if left else ""
            else:
                text += rule.serialize()
        return text

    return kept(tinycss2.parse_stylesheet(sheet, True, True))


def split(selectors: str) -> list[str]:
    """Selectors between the commas that stand in no bracket."""
    return re.split(r",(?![^(\[]*[)\]])", re.sub(r"\s+", " ", selectors.strip()))


def needed(selector: str, words: set[str]) -> bool:
    """Whether all classes that a selector asks for may be met; those within :not() need not."""
    asked = re.sub(r":(?:not|is|where|has)\([^)]*\)|\[[^\]]*\]|\\.", "", selector)
    return all(name in words for name in re.findall(r"\.([A-Za-z_][\w-]*)", asked))


def small_fonts(sheet: str, static: Path) -> str:
    """The sheet with its icons' fonts cut down to the glyphs that it still names."""
    glyphs = [ord(glyph) for glyph in GLYPH.findall(sheet)]

    def cut(found: re.Match[str]) -> str:
        source = static / re.search(r"vendor/[^\"')]+/fa-[\w-]+(?=\.)", found[0])[0]
        font = TTFont(source.with_suffix(".ttf"))
        cutter = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=True))
        cutter.populate(unicodes=glyphs)
        cutter.subset(font)
        if not font.getBestCmap():
            return ""
        font.flavor, file = "woff", io.BytesIO()
        font.save(file)
        name = write(static, f"{source.name}.woff", file.getvalue())
        return re.sub(r"src:[^;}]*", f'src:url("{name}") format("woff")', found[0])

    sheet = re.sub(r"@font-face\s*\{[^}]*vendor/[^}]*\}", cut, sheet)
    for folder in (static / "vendor").glob("*/*/webfonts"):
        for file in folder.iterdir():
            file.unlink()
    return sheet


def write(static: Path, name: str, content: str | bytes) -> str:
    """Write a file; its name with a mark that changes with what is in it."""
    data = content.encode() if isinstance(content, str) else content
    (static / name).write_bytes(data)
    return f"{name}?v={hashlib.sha256(data).hexdigest()[:8]}"
