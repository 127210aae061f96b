"""Chapter 6: MLP-Mixer as a table worked on by columns and rows, and a token MLP with numbers."""

import math

import numpy as np
from chapter04 import DIGIT, cut
from shapes import BLUE, GREEN, INK, MUTED, WARM, Sheet, mixed

ROWS, COLUMNS, SIDE = 16, 8, 13  # of the tables: all tokens, and a few of the channels
WIDE = 58  # of a number's cell


def model() -> Sheet:
    """From the image to the logits, through a table."""
    sheet = Sheet(
        792,
        "The MLP-Mixer",
        "A handwritten three of 8 by 8 pixels is cut into 16 patches of 2 by 2. One linear map "
        "makes each a row of 48 numbers: a table of 16 tokens by 48 channels. Three blocks follow. "
        "In each, an MLP goes along every column, from 16 to 32 to 16, the same for all columns, "
        "and is added; then an MLP goes along every row, from 48 to 120 to 48, the same for all "
        "rows, and is added. The mean of the rows goes through a linear map to ten logits.",
    )
    pixels = []
    for i, patch in enumerate(cut(DIGIT, 2)):
        for k, value in enumerate(patch):
            x, y = 24 + 37 * (i % 4) + k % 2 * 16, 24 + 37 * (i // 4) + k // 2 * 16
            pixels.append((x, y, mixed(INK, 0.1 + 0.85 * value / 16)))
    cells(sheet, pixels, 16, 16)
    sheet.note((98, 190), "16 × (2 × 2)", anchor="middle")
    sheet.arrow((178, 98), (196, 98))
    sheet.box(198, 76, 164, 44, "linear: 4 → 48", MUTED, tint=0.12)
    sheet.arrow((362, 98), (378, 98))
    table(sheet, 380, 24)
    sheet.note((496, 60), "channels: 48")
    sheet.note((496, 92), "tokens: 16,")
    sheet.note((496, 118), "a row each")
    sheet.arrow((432, 238), (432, 262), (170, 262), (170, 300))
    sheet.box(24, 276, 592, 372, hue=MUTED, tint=0.05)
    sheet.say((584, 302), "× 3", bold=True)
    step(sheet, 302, WARM, "along each column", "token MLP", "16 → 32 → 16", column=2)
    sheet.arrow((549, 382), (596, 382), (596, 462), (100, 462), (100, 476))
    step(sheet, 478, BLUE, "along each row", "channel MLP", "48 → 120 → 48", row=5)
    sheet.arrow((549, 558), (596, 558), (596, 674), (100, 674), (100, 700))
    sheet.box(24, 702, 160, 44, "mean of rows", GREEN)
    sheet.arrow((184, 724), (208, 724), hue=GREEN)
    sheet.box(210, 702, 178, 44, "linear: 48 → 10", GREEN)
    sheet.arrow((388, 724), (410, 724), hue=GREEN)
    for digit, high in enumerate((3, 5, 9, 40, 2, 12, 3, 4, 14, 8)):
        hue = mixed(GREEN, 1 if digit == 3 else 0.35)
        sheet.cell(416 + 20 * digit, 736 - high, 16, high, hue)
        sheet.note((424 + 20 * digit, 754), str(digit), anchor="middle")
    return sheet


def table(sheet: Sheet, x: float, y: float) -> None:
    """Tokens down, channels across."""
    places = [(i, j) for i in range(ROWS) for j in range(COLUMNS)]
    tints = [0.08 + 0.03 * ((5 * i + 3 * j) % 7) for i, j in places]
    drawn = [
        (x + j * SIDE, y + i * SIDE, mixed(WARM, tint))
        for (i, j), tint in zip(places, tints, strict=True)
    ]
    cells(sheet, drawn, SIDE - 1.5, SIDE - 1.5)


def cells(sheet: Sheet, drawn: list[tuple[float, float, str]], wide: float, high: float) -> None:
    """Rectangles of one size, (x, y, fill) each; those of one colour are one path."""
    shapes: dict[str, str] = {}
    for x, y, fill in drawn:
        shapes[fill] = shapes.get(fill, "") + f"M{x:g} {y:g}h{wide:g}v{high:g}h-{wide:g}z"
    for fill, shape in shapes.items():
        sheet.pieces.append(f'<path d="{shape}" fill="{fill}"/>')


def step(
    sheet: Sheet, y: float, hue: str, way: str, name: str, sizes: str,
    *, column: int | None = None, row: int | None = None,
) -> None:  # fmt: skip
    """One half of a block: the table, what goes along it, and the sum."""
    small, drawn = 10, []
    for i in range(ROWS):
        for j in range(COLUMNS):
            on = j == column or i == row
            tint = 0.75 if on else 0.06 + 0.02 * ((5 * i + 3 * j) % 7)
            drawn.append((48 + j * 13, y + i * small, mixed(hue, tint)))
    cells(sheet, drawn, 11.5, small - 1.5)
    middle = y + 80
    sheet.arrow((160, middle), (192, middle))
    sheet.box(194, middle - 22, 70, 44, "norm", hue)
    sheet.arrow((264, middle), (288, middle))
    sheet.box(290, middle - 34, 190, 68, hue=hue, tint=0.2)
    sheet.say((385, middle - 13), name, bold=True)
    sheet.say((385, middle + 14), sizes, size=20)
    sheet.note((385, middle + 60), f"{way}, all alike", anchor="middle")
    sheet.line((480, middle), (523, middle))
    sheet.plus(536, middle, hue)
    sheet.line((176, middle), (176, middle - 56), (536, middle - 56))
    sheet.arrow((536, middle - 56), (536, middle - 14))


def gelu(x: np.ndarray) -> np.ndarray:
    """Each number times the share of a standard normal that lies below it."""
    return np.array([[v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in row] for row in x])


def numbers() -> dict[str, np.ndarray]:
    """Three tokens of three channels, a token MLP with two hidden units, and the sum."""
    X = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0], [1.0, -1.0, 1.0]])
    first = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, -1.0]])
    second = np.array([[0.5, 0.0], [0.0, 0.5], [0.5, -0.5]])
    hidden = gelu(first @ X)
    mixed_in = second @ hidden
    return {"X": X, "W1": first, "H": hidden, "W2": second, "U": mixed_in, "out": X + mixed_in}


def mechanism() -> Sheet:
    """The columns of a table through one MLP, and the sum."""
    n = numbers()
    sheet = Sheet(
        640,
        "A token MLP with numbers",
        "A table of three tokens by three channels. A matrix of two rows and three columns times "
        "the table, through a GELU, gives two hidden units for every channel; a matrix of three "
        "rows and two columns brings them back to three tokens. Added to the table, every channel "
        "has heard of its three tokens and of no other channel. The second channel is in colour.",
    )
    rows = (
        (60, "W1", "X", "H", ("W₁", "X", "H = GELU(W₁ X)"), "2 hidden units × 3 channels"),
        (270, "W2", "H", "U", ("W₂", "H", "U = W₂ H"), "3 tokens × 3 channels"),
    )
    for y, *keys, names, shape in rows:
        for key, name, x in zip(keys, names, (24, 212, 436), strict=True):
            wide = 50 if key == "W1" else WIDE
            matrix(sheet, x, y, key, wide)
            sheet.say((x + wide * n[key].shape[1] / 2, y - 24), name, bold=True)
        sheet.say((193, y + 40), "·", bold=True)
        sheet.say((410, y + 40), "=", bold=True)
        sheet.note((614, y + 128), shape, anchor="end")
    for x, key in ((24, "X"), (230, "U"), (436, "out")):
        matrix(sheet, x, 470, key, WIDE)
        sheet.say((x + 1.5 * WIDE, 446), "X + U" if key == "out" else key, bold=True)
    sheet.say((214, 524), "+", bold=True)
    sheet.say((420, 524), "=", bold=True)
    sheet.note((320, 608), "one MLP for all channels; a row is a token", anchor="middle")
    return sheet


def matrix(sheet: Sheet, x: float, y: float, key: str, wide: float) -> None:
    """One of the numbers; of a table, the second channel is framed."""
    values, digits = numbers()[key], 0 if key in ("W1", "X") else 1
    sheet.matrix(x, y, values, MUTED, cell=(wide, 36), digits=digits)
    if key not in ("W1", "W2"):
        framed = f'<rect x="{x + wide:g}" y="{y:g}" width="{wide:g}" height="{36 * len(values)}"'
        sheet.pieces.append(f'{framed} rx="4" fill="none" stroke="{WARM}" stroke-width="3"/>')
