"""Chapter 4: the Vision Transformer with the chapter's shapes, and patches with numbers."""

import numpy as np
from shapes import BLUE, GREEN, INK, MUTED, PLUM, WARM, Sheet, mixed

# A three as somebody wrote it: number 13 of scikit-learn's digits, intensities 0 to 16.
DIGIT = np.array(
    [[0, 2, 9, 15, 14, 9, 3, 0], [0, 4, 13, 8, 9, 16, 8, 0], [0, 0, 0, 6, 14, 15, 3, 0],
     [0, 0, 0, 11, 14, 2, 0, 0], [0, 0, 0, 2, 15, 11, 0, 0], [0, 0, 0, 0, 2, 15, 4, 0],
     [0, 1, 5, 6, 13, 16, 6, 0], [0, 2, 12, 12, 13, 11, 0, 0]]
)  # fmt: skip
HUES = (BLUE, WARM, GREEN, PLUM)


def cut(image: np.ndarray, size: int) -> np.ndarray:
    """Patches in reading order, each laid out flat."""
    rows = range(0, len(image), size)
    return np.array([image[y : y + size, x : x + size].ravel() for y in rows for x in rows])


def model() -> Sheet:
    """From the image to the logits."""
    sheet = Sheet(
        806,
        "The Vision Transformer",
        "A handwritten three of 8 by 8 pixels is cut into 16 patches of 2 by 2. One linear map "
        "makes each a token of 64 numbers. A class token is put in front and positions are added: "
        "17 tokens. Three blocks follow, each attention and an MLP with a norm before and a sum "
        "after. Of the last block's output the class token alone goes through a norm and a linear "
        "map to ten logits, one a digit.",
    )
    patches(sheet)
    for i in range(16):
        x = token(i + 1)
        sheet.line((x + 14, 226), (x + 14, 252), hue=WARM, width=1.5)
        sheet.line((x + 14, 294), (x + 14, 320), hue=WARM, width=1.5)
    for y, words in ((48, "image: 1 × 8 × 8"), (82, "16 patches of 2 × 2"), (116, "flat: 16 × 4")):
        sheet.note((204, y), words)
    sheet.arrow((102, 168), (102, 195))
    sheet.box(88, 252, 523, 42, "linear: 4 → 64", WARM, tint=0.36, bold=True)
    sheet.say((24, 264), "class", GREEN, size=20, anchor="start")
    sheet.say((24, 290), "token", GREEN, size=20, anchor="start")
    for i in range(17):
        hue = WARM if i else GREEN
        sheet.box(token(i), 320, 28, 44, hue=hue, tint=0.2 if i else 0.6, round=5)
        sheet.box(token(i), 374, 28, 18, hue=PLUM, tint=0.1 + 0.05 * (i * 7 % 11), round=5)
    sheet.say((68, 383), "+", PLUM, bold=True)
    sheet.note((611, 423), "+ positions: 17 × 64", anchor="end")
    block(sheet)
    for i in range(17):
        hue = WARM if i else GREEN
        sheet.box(token(i), 652, 28, 34, hue=hue, tint=0.06 if i else 0.6, round=5)
    head(sheet)
    return sheet


def token(place: int) -> float:
    """Where a token's column begins; the class token's stands apart."""
    return 88 + 33 * (place - 1) if place else 30


def patches(sheet: Sheet) -> None:
    """The digit in patches, and the patches in a row; pixels of one intensity are one path."""
    shapes: dict[int, str] = {}
    for i, patch in enumerate(cut(DIGIT, 2)):
        for k, value in enumerate(patch):
            large = 24 + 37 * (i % 4) + k % 2 * 16, 24 + 37 * (i // 4) + k // 2 * 16, 16
            small = token(i + 1) + k % 2 * 14, 198 + k // 2 * 14, 14
            for x, y, size in (large, small):
                square = f"M{x} {y}h{size}v{size}h-{size}z"
                shapes[value] = shapes.get(value, "") + square
    for value, shape in sorted(shapes.items()):
        fill = mixed(INK, 0.1 + 0.85 * value / 16)
        sheet.pieces.append(f'<path d="{shape}" fill="{fill}"/>')


def block(sheet: Sheet) -> None:
    """What is repeated three times, from left to right."""
    sheet.box(24, 442, 592, 160, hue=MUTED, tint=0.05)
    sheet.say((584, 466), "× 3", bold=True)
    y = 556
    sheet.line((30, 399), (30, 405), (611, 405), (611, 399), width=1.5)
    sheet.arrow((40, 405), (40, y), (66, y))
    sheet.line((54, y), (54, 496), (304, 496))
    sheet.arrow((304, 496), (304, y - 14))
    sheet.box(68, y - 22, 70, 44, "norm", BLUE)
    sheet.arrow((138, y), (152, y))
    sheet.box(154, y - 30, 126, 60, hue=BLUE)
    sheet.say((217, y - 12), "attention")
    sheet.note((217, y + 13), "4 heads", anchor="middle")
    sheet.line((280, y), (291, y))
    sheet.plus(304, y)
    sheet.arrow((317, y), (342, y))
    sheet.line((329, y), (329, 496), (588, 496))
    sheet.arrow((588, 496), (588, y - 14))
    sheet.box(344, y - 22, 70, 44, "norm", BLUE)
    sheet.arrow((414, y), (428, y))
    sheet.box(430, y - 30, 134, 60, hue=BLUE)
    sheet.say((497, y - 12), "MLP")
    sheet.note((497, y + 13), "64→256→64", anchor="middle")
    sheet.line((564, y), (575, y))
    sheet.plus(588, y)
    sheet.arrow((588, y + 13), (588, 637))
    sheet.line((30, 645), (30, 639), (611, 639), (611, 645), width=1.5)
    sheet.note((572, 620), "17 × 64", anchor="end")


def head(sheet: Sheet) -> None:
    """From the class token to ten logits."""
    sheet.arrow((44, 686), (44, 724), hue=GREEN)
    sheet.box(24, 726, 80, 44, "norm", GREEN)
    sheet.arrow((104, 748), (128, 748), hue=GREEN)
    sheet.box(130, 726, 190, 44, "linear: 64 → 10", GREEN)
    sheet.arrow((320, 748), (352, 748), hue=GREEN)
    for digit, high in enumerate((3, 5, 9, 40, 2, 12, 3, 4, 14, 8)):
        hue = mixed(GREEN, 1 if digit == 3 else 0.35)
        sheet.cell(362 + 25 * digit, 758 - high, 20, high, hue)
        sheet.note((372 + 25 * digit, 774), str(digit), anchor="middle")


def numbers() -> dict[str, np.ndarray]:
    """Sixteen pixels, four patches, a projection from 4 to 2, and four positions."""
    image = np.arange(16.0).reshape(4, 4)
    E = np.array([[0.1, 0.1, 0.1, 0.1], [0.2, 0.0, 0.0, -0.1]])
    places = np.array([[0.0, 0.3], [0.1, 0.2], [0.2, 0.1], [0.3, 0.0]])
    patches = cut(image, 2)
    tokens = patches @ E.T
    return {"image": image, "patches": patches, "E": E, "tokens": tokens, "places": places,
            "out": tokens + places}  # fmt: skip


def mechanism() -> Sheet:
    """Cut, lay flat, project, add the place."""
    n = numbers()
    sheet = Sheet(
        584,
        "From pixels to tokens with numbers",
        "An image of 4 by 4 pixels, numbered 0 to 15, is cut into four patches, each in its own "
        "colour and laid flat as a row of four numbers. The four rows times the transposed "
        "projection E are four tokens of two numbers; to each the vector of its place is added.",
    )
    sheet.say((120, 36), "image", bold=True)
    sheet.say((470, 36), "patches, laid flat", bold=True)
    for i, hue in enumerate(HUES):
        square = n["patches"][i].reshape(2, 2)
        sheet.matrix(24 + 100 * (i % 2), 66 + 92 * (i // 2), square, hue, cell=(46, 42))
        sheet.arrow((228, 156), (346, 156)) if i == 0 else None
        sheet.matrix(358, 64 + 50 * i, [n["patches"][i]], hue, cell=(56, 36))
    sheet.note((120, 270), "4 × 4 pixels", anchor="middle")
    sheet.note((470, 270), "4 patches × 4", anchor="middle")
    sheet.arrow((470, 290), (470, 312), (80, 312), (80, 346), hue=WARM)
    columns = ((80, "· Eᵀ"), (248, "tokens"), (394, "position"), (546, "z"))
    for x, name in columns:
        sheet.say((x, 364), name, bold=True)
    sheet.matrix(24, 384, n["E"].T, MUTED, cell=(56, 34), digits=1)
    for x, sign in ((163, "="), (326, "+"), (463, "=")):
        sheet.say((x, 452), sign, bold=True)
    for i, hue in enumerate(HUES):
        for x, name, wide in ((190, "tokens", 58), (346, "places", 48), (484, "out", 62)):
            row = PLUM if name == "places" else hue
            sheet.matrix(x, 384 + 34 * i, [n[name][i]], MUTED if name == "places" else row,
                         cell=(wide, 30), digits=1, bold=name == "out")  # fmt: skip
    sheet.note((320, 552), "one E for all patches, a position for each", anchor="middle")
    return sheet
