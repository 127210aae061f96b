"""What all diagrams are made of: a panel, boxes, arrows, words, and tensors with their numbers.

The panel is narrow, so that its words can still be read on a phone: `SMALL` units of `WIDTH` are
11 pixels on a screen 390 wide. It brings its own light ground, for pages of any colour.
"""

import math
import re
from collections.abc import Sequence
from html import escape

from companion.viz.style import COLORS, INK, MUTED, PANEL

WIDTH, SHOWN, SMALL, NORMAL = 640, 480, 20, 22
FONT = "Inter, Helvetica Neue, Helvetica, Arial, DejaVu Sans, sans-serif"
BLUE, GREEN, PLUM, WARM = (COLORS[name] for name in ("blue", "green", "plum", "vermilion"))
DARK = {BLUE: "#00568A", GREEN: "#00664A", PLUM: "#84406A", WARM: "#A84700"}
Point = tuple[float, float]
Rows = Sequence[Sequence[float]]


class Sheet:
    """A drawing that grows piece by piece; `text` of it is a whole SVG file."""

    def __init__(self, height: int, title: str, description: str) -> None:
        self.height, self.title, self.description = height, title, description
        self.pieces: list[str] = []

    def say(
        self, at: Point, words: str, hue: str = INK, *, size: int = NORMAL, anchor: str = "middle",
        bold: bool = False,
    ) -> None:  # fmt: skip
        """Words whose middle line is at `at`; W_Q and h_1 end in a subscript."""
        low = re.sub(r"_(\w)$", rf'<tspan dy="6" font-size="{SMALL}">\1</tspan>', escape(words))
        weight = ' font-weight="700"' if bold else ""
        side = "" if anchor == "middle" else f' text-anchor="{anchor}"'
        self.pieces.append(
            f'<text x="{at[0]:g}" y="{at[1] + 0.36 * size:.4g}" font-size="{size}"{side}{weight} '
            f'fill="{DARK.get(hue, hue)}">{low}</text>'
        )

    def note(self, at: Point, words: str, anchor: str = "start") -> None:
        """A quiet word: a shape, or what a row shows."""
        self.say(at, words, MUTED, size=SMALL, anchor=anchor)

    def box(
        self, x: float, y: float, width: float, height: float, words: str = "", hue: str = MUTED,
        *, tint: float = 0.12, bold: bool = False, dashed: bool = False, round: float = 8,
    ) -> None:  # fmt: skip
        """A box in a hue, with words in its middle."""
        dash = ' stroke-dasharray="5 5"' if dashed else ""
        self.pieces.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round:g}" '
            f'fill="{mixed(hue, tint)}" stroke="{hue}" stroke-width="2"{dash}/>'
        )
        if words:
            self.say((x + width / 2, y + height / 2), words, INK, bold=bold)

    def cell(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle without words."""
        self.pieces.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"/>'
        )

    def line(
        self, *points: Point, hue: str = MUTED, width: float = 2, head: bool = False,
        dashed: bool = False, faint: float = 1,
    ) -> None:  # fmt: skip
        """A line through points; a head at its end makes it an arrow."""
        points, tip = [*points], points[-1]
        if head:
            (x, y), size = points[-2], 9 + width
            turn = math.atan2(tip[1] - y, tip[0] - x)
            back = [(tip[0] - size * math.cos(turn + s), tip[1] - size * math.sin(turn + s))
                    for s in (0.45, -0.45)]  # fmt: skip
            points[-1] = tuple(sum(pair) / 2 for pair in zip(*back, strict=True))
        dash = ' stroke-dasharray="6 5"' if dashed else ""
        see = f' opacity="{faint:g}"' if faint < 1 else ""
        self.pieces.append(
            f'<path d="M{path(points)}" fill="none" stroke="{hue}" '
            f'stroke-width="{width:g}" stroke-linejoin="round"{dash}{see}/>'
        )
        if head:
            self.pieces.append(f'<path d="M{path([tip, *back])}z" fill="{hue}"{see}/>')

    def arrow(self, *points: Point, hue: str = MUTED, width: float = 2, **more: bool) -> None:
        """A line with a head."""
        self.line(*points, hue=hue, width=width, head=True, **more)

    def plus(self, x: float, y: float, hue: str = MUTED) -> None:
        """The sign of a sum, in a circle of radius 13."""
        self.pieces.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="13" fill="{PANEL}" stroke="{hue}" stroke-width="2"/>'
            f'<path d="M{x - 7:g} {y:g}h14M{x:g} {y - 7:g}v14" stroke="{hue}" stroke-width="2"/>'
        )

    def matrix(
        self, x: float, y: float, rows: Rows, hue: str, *, cell: Point = (50, 36), digits: int = 0,
        heat: bool = False, bold: bool = False,
    ) -> None:  # fmt: skip
        """A tensor with its numbers, from its upper left corner; `heat` tints cells by value."""
        (width, height), right, low = cell, cell[0] * len(rows[0]), cell[1] * len(rows)
        self.cell(x, y, right, low, mixed(hue, 0.12))
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                left, top = x + j * width, y + i * height
                if heat:
                    self.cell(left, top, width, height, mixed(hue, 0.06 + 0.5 * value))
                at = left + width / 2, top + height / 2
                self.say(at, number(value, digits), size=SMALL, bold=bold)
        inner = [f"M{x + j * width:g} {y:g}v{low:g}" for j in range(1, len(rows[0]))]
        inner += [f"M{x:g} {y + i * height:g}h{right:g}" for i in range(1, len(rows))]
        self.pieces.append(
            f'<path d="{"".join(inner)}" stroke="{PANEL}" stroke-width="2"/>'
            f'<rect x="{x:g}" y="{y:g}" width="{right:g}" height="{low:g}" rx="4" fill="none" '
            f'stroke="{hue}" stroke-width="2"/>'
        )

    @property
    def text(self) -> str:
        """The file."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
            f'width="{SHOWN}" height="{round(self.height * SHOWN / WIDTH)}" role="img" '
            f'aria-labelledby="t d" font-family="{FONT}" text-anchor="middle">\n'
            f'<title id="t">{escape(self.title)}</title>\n'
            f'<desc id="d">{escape(self.description)}</desc>\n'
            f'<rect x="1" y="1" width="{WIDTH - 2}" height="{self.height - 2}" rx="16" '
            f'fill="{PANEL}" stroke="#E3E0D8" stroke-width="2"/>\n' + "\n".join(self.pieces)
            + "\n</svg>\n"
        )  # fmt: skip


def path(points: Sequence[Point]) -> str:
    """The corners of a path."""
    return "L".join(f"{x:.4g} {y:.4g}" for x, y in points)


def number(value: float, digits: int) -> str:
    """With a real minus sign, and no minus before zero."""
    return f"{round(value, digits) + 0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def mixed(hue: str, share: float) -> str:
    """A share of a hue, the rest the panel's own colour."""
    pairs = ((int(hue[i : i + 2], 16), int(PANEL[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(b + (a - b) * min(share, 1)):02x}" for a, b in pairs)
