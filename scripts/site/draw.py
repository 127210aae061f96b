"""Draw the cover and the logo: `python scripts/site/draw.py [--png CHROMIUM]`.

The pictures are committed; run this only to change them. The social card and the README's
screenshot need Chromium, and the screenshot the built site.
"""

import argparse
import io
import math
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"

# A three as somebody wrote it: number 13 of scikit-learn's digits, intensities 0 to 16.
DIGIT = (
    "0 2 9 15 14 9 3 0", "0 4 13 8 9 16 8 0", "0 0 0 6 14 15 3 0", "0 0 0 11 14 2 0 0",
    "0 0 0 2 15 11 0 0", "0 0 0 0 2 15 4 0", "0 1 5 6 13 16 6 0", "0 2 12 12 13 11 0 0",
)  # fmt: skip
NIGHT, PAPER, AMBER, SKY = "#10151D", "#F4EFE3", "#F0A830", "#56B4E9"
PATCH, BETWEEN, CELL = 67, 13, 32
TOKENS, BASE, PITCH, SMALL = 486, 322, 40, 14


def pixels() -> list[list[float]]:
    """The digit's intensities, 0 to 1."""
    return [[int(value) / 16 for value in row.split()] for row in DIGIT]


def patches() -> list[list[float]]:
    """Sixteen patches of two by two pixels, row by row."""
    image = pixels()
    return [
        [image[2 * y + i][2 * x + j] for i in range(2) for j in range(2)]
        for y in range(4)
        for x in range(4)
    ]


def weights() -> list[float]:
    """How much the drawing's class token attends to each patch: more where there is ink."""
    scores = [math.exp(2.2 * sum(patch) / 4) for patch in patches()]
    return [score / max(scores) for score in scores]


def shade(value: float) -> str:
    """Between the night of the ground and the paper's light."""
    low, high = (29, 39, 52), (244, 239, 227)
    return "#" + "".join(
        f"{round(a + (b - a) * value):02x}" for a, b in zip(low, high, strict=True)
    )


def square(x: float, y: float, size: float, fill: str, radius: float, more: str = "") -> str:
    """A square with round corners."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{size}" height="{size}" rx="{radius}" '
        f'fill="{fill}"{more}/>'
    )


def corner(index: int) -> tuple[float, float]:
    """Where a patch of the large digit begins."""
    return 72 + (index % 4) * (PATCH + BETWEEN), 62 + (index // 4) * (PATCH + BETWEEN)


def scene() -> str:
    """The digit in patches, the patches as tokens, the class token's attention as arcs."""
    drawn = []
    for index, (patch, weight) in enumerate(zip(patches(), weights(), strict=True)):
        x, y = corner(index)
        token = TOKENS + 14 + (index + 1) * PITCH
        drawn.append(
            f'<path d="M{x + PATCH / 2:g} 378 C{x + PATCH / 2:g} 452 {token:g} 442 '
            f'{token:g} {BASE + 34}" fill="none" stroke="{SKY}" stroke-opacity=".3"/>'
        )
        for k, value in enumerate(patch):
            drawn.append(square(x + k % 2 * 35, y + k // 2 * 35, CELL, shade(value), 5))
            small = token - SMALL + k % 2 * (SMALL + 1)
            drawn.append(square(small, BASE + k // 2 * (SMALL + 1), SMALL, shade(value), 3))
        glow = f' fill-opacity="0" stroke="{AMBER}" stroke-width="3" stroke-opacity="{weight:.2f}"'
        drawn.append(square(x - 4.5, y - 4.5, PATCH + 9, NIGHT, 9, glow))
    for index, weight in sorted(enumerate(weights()), key=lambda pair: pair[1]):
        token = TOKENS + 14 + (index + 1) * PITCH
        radius = (token - TOKENS) / 2
        height = min(radius, 60 + radius * 0.62)
        drawn.append(
            f'<path d="M{TOKENS} {BASE - 8} A{radius:g} {height:.0f} 0 0 1 {token:g} {BASE - 8}" '
            f'fill="none" stroke="{AMBER}" stroke-linecap="round" '
            f'stroke-width="{0.8 + 4.6 * weight**2:.2f}" '
            f'stroke-opacity="{0.14 + 0.8 * weight:.2f}"/>'
        )
    drawn.append(
        f'<circle cx="{TOKENS}" cy="{BASE + 14}" r="25" fill="{AMBER}" fill-opacity=".18"/>'
        f'<circle cx="{TOKENS}" cy="{BASE + 14}" r="15" fill="{AMBER}"/>'
    )
    return "".join(drawn)


def hero() -> str:
    """The landing page's picture."""
    return wrap(1200, 440, f"{ground(1200, 440, 22)}{scene()}")


def cover(radius: int = 22) -> str:
    """The picture with the book's title, for the repository and for links to the site."""
    text = (
        f'<g font-family="Inter, Helvetica Neue, Helvetica, Liberation Sans, Arial, sans-serif">'
        f'<text x="68" y="118" font-size="74" font-weight="700" letter-spacing="-2" fill="{PAPER}">'
        f'Seeing <tspan fill="{AMBER}">Attention</tspan></text>'
        f'<text x="70" y="168" font-size="27" fill="#B9C2CF">'
        "An executable book. Every claim is measured.</text></g>"
    )
    return wrap(
        1200, 630, f'{ground(1200, 630, radius)}{text}<g transform="translate(0 186)">{scene()}</g>'
    )


def ground(width: int, height: int, radius: int) -> str:
    """The night behind the picture."""
    return f'<rect width="{width}" height="{height}" rx="{radius}" fill="{NIGHT}"/>'


def wrap(width: int, height: int, inside: str) -> str:
    """A whole SVG file."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="t d"><title id="t">Seeing Attention</title><desc id="d">A handwritten '
        "three, cut into sixteen patches. The patches stand in a row as tokens, and arcs from a "
        f"class token reach to each of them, brighter where it attends more.</desc>{inside}</svg>\n"
    )


def logo() -> str:
    """Nine patches, one of which is looked at."""
    light = ("#2D3B4E", "#46607F", "#2D3B4E", "#6B4A1E", AMBER, "#B9781F", "#2D3B4E", "#8A5D1B",
             "#46607F")  # fmt: skip
    cells = "".join(
        square(8 + i % 3 * 17, 8 + i // 3 * 17, 14, fill, 4) for i, fill in enumerate(light)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img" '
        f'aria-labelledby="t"><title id="t">Seeing Attention</title>{ground(64, 64, 14)}{cells}'
        f'<circle cx="32" cy="32" r="3.4" fill="{NIGHT}"/></svg>\n'
    )


def pictures(chromium: str) -> None:
    """The cover as a PNG, which sites that show links want, and the landing page for the README."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        page.set_content(f'<body style="margin:0">{cover(radius=0)}</body>')
        save(page.screenshot(), BOOK / "_static" / "social-card.png", colours=64)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto((BOOK.parent / "_build" / "html" / "index.html").as_uri())
        page.wait_for_timeout(500)
        save(page.screenshot(), BOOK / "images" / "screenshot.png", colours=128)
        browser.close()


def save(shot: bytes, target: Path, *, colours: int) -> None:
    """A picture with few colours, small enough to commit."""
    from PIL import Image

    Image.open(io.BytesIO(shot)).convert("RGB").quantize(colours).save(target, optimize=True)


def main() -> None:
    """Write the pictures into book/."""
    parser = argparse.ArgumentParser(description="Draw the book's pictures.")
    parser.add_argument("--png", metavar="CHROMIUM", help="also the social card and screenshot")
    given = parser.parse_args()
    drawings = {
        "images/hero.svg": hero(),
        "images/cover.svg": cover(),
        "_static/logo.svg": logo(),
        "_static/favicon.svg": logo(),
    }
    for name, text in drawings.items():
        (BOOK / name).write_text(text, encoding="utf-8")
    if given.png:
        pictures(given.png)


if __name__ == "__main__":
    main()
