"""Images with their sizes, loaded when they come near; large figures in a file of their own."""

import base64
import hashlib
import re
import struct
from pathlib import Path

IMAGE = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\bsrc="([^"]+)"')
DATA = re.compile(r"data:image/(png|gif|jpeg|webp);base64,([A-Za-z0-9+/=]{3000,})")
# Sphinx sets the size that a notebook gives an image as a style, and leads to the bare file.
STYLED = re.compile(r'\s*style="width: (\d+)px; height: (\d+)px;"')
LINKED = re.compile(r'<a class="[^"]*image-reference" href="[^"]*">\s*(<img\b[^>]*>)\s*</a>')
FIGURE = re.compile(r"(<figure\b[^>]*>\s*)(<img\b[^>]*>)")


def settle(html: Path) -> None:
    """Give every page's images their size and let them wait; figures lead to themselves."""
    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        text = DATA.sub(lambda found: f"_images/{unpack(html, *found.groups())}", text)
        main = text.find("<article")
        body = LINKED.sub(r"\1", text[main:])
        body = IMAGE.sub(lambda found: settled(found[0], html), body)
        text = text[:main] + FIGURE.sub(openable, body)
        page.write_text(text, encoding="utf-8", newline="\n")


def unpack(html: Path, kind: str, data: str) -> str:
    """Write an image that a page carries to a file; its name."""
    content = base64.b64decode(data)
    name = f"{hashlib.sha256(content).hexdigest()[:32]}.{kind}"
    (html / "_images").mkdir(exist_ok=True)
    (html / "_images" / name).write_bytes(content)
    return name


def settled(tag: str, html: Path) -> str:
    """An image's tag with width and height, and a wish to load it late."""
    source = SOURCE.search(tag)
    first = 'class="hero' in tag
    styled = STYLED.search(tag)
    tag = STYLED.sub("", tag)
    known = styled.groups() if styled else shown_size(html / source[1]) if source else None
    if known and "width=" not in tag.replace("max-width", ""):
        tag = tag.replace("<img", f'<img width="{known[0]}" height="{known[1]}"', 1)
    when = 'fetchpriority="high"' if first else 'loading="lazy" decoding="async"'
    return tag if "loading=" in tag else tag.replace("<img", f"<img {when}", 1)


def shown_size(path: Path) -> tuple[int, int] | None:
    """The size in CSS pixels of a PNG (at 96 a inch, if it says its density), a GIF or an SVG."""
    data = path.read_bytes() if path.is_file() else b""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        width, height = struct.unpack(">II", data[16:24])
        at = data.find(b"pHYs", 0, 400)
        density = struct.unpack(">I", data[at + 4 : at + 8])[0] * 0.0254 if at > 0 else 96
        return round(width * 96 / density), round(height * 96 / density)
    if data[:3] == b"GIF":
        return struct.unpack("<HH", data[6:10])
    box = re.search(rb'viewBox="0 0 (\d+) (\d+)"', data[:400])
    return (int(box[1]), int(box[2])) if box else None


def openable(found: re.Match[str]) -> str:
    """A figure that a tap opens at its full size: a link, also without JavaScript."""
    figure, image = found.groups()
    source, wide = SOURCE.search(image), re.search(r'width="(\d+)"', image)
    if not source or not wide:
        return found[0]
    link = f'<a class="enlarge" href="{source[1]}" aria-label="Enlarge this figure">'
    return f'{figure}<div class="picture" style="--width: {wide[1]}px">{link}{image}</a></div>'
