"""Chapter 8: the ConvMixer with the chapter's shapes, and one of its blocks with numbers."""

import math

import numpy as np
from chapter04 import DIGIT
from shapes import BLUE, GREEN, INK, MUTED, PLUM, WARM, Sheet, mixed

SHEET = np.pad(DIGIT, 4)  # the digit on a sheet of 16 by 16 pixels
PLACES, KERNEL = 8, 5


def model() -> Sheet:
    """From the image to the logits; the patches stay a grid."""
    sheet = Sheet(
        860,
        "The ConvMixer",
        "A handwritten three on a sheet of 16 by 16 pixels is cut into 64 patches of 2 by 2. A "
        "convolution of size and stride 2, a GELU and batch normalisation make a grid of 8 by 8 "
        "places with 48 channels. Four blocks follow. In each, a convolution of 5 by 5 goes over "
        "every channel alone, with GELU and batch normalisation, and its input is added; then a "
        "convolution of 1 by 1 mixes the 48 channels of each place, with GELU and batch "
        "normalisation, and nothing is added. The mean of the 64 places goes through a linear map "
        "to ten logits.",
    )
    image(sheet)
    sheet.note((204, 44), "image: 1 × 16 × 16")
    sheet.note((204, 72), "64 patches of 2 × 2")
    sheet.arrow((188, 130), (206, 130))
    activated(sheet, 208, 104, "2 × 2: 1 → 48", 160, PLUM)
    sheet.arrow((506, 130), (522, 130))
    stack(sheet, 524, 80, 9, PLUM)
    sheet.note((616, 192), "8 × 8 × 48", anchor="end")
    sheet.line((568, 210), (568, 232), (84, 232))
    sheet.arrow((84, 232), (84, 306))
    sheet.box(24, 254, 592, 420, hue=MUTED, tint=0.05)
    sheet.say((584, 282), "× 4", bold=True)
    across_places(sheet)
    across_channels(sheet)
    head(sheet)
    return sheet


def image(sheet: Sheet) -> None:
    """The sheet in patches; pixels of one intensity are one path."""
    shapes: dict[int, str] = {}
    for (y, x), value in np.ndenumerate(SHEET):
        left, top = 24 + 10 * x + x // 2 * 0.4, 24 + 10 * y + y // 2 * 0.4
        wide, high = (9 if x % 2 else 10), (9 if y % 2 else 10)
        square = f"M{left:g} {top:g}h{wide}v{high}h-{wide}z"
        shapes[value] = shapes.get(value, "") + square
    for value, shape in sorted(shapes.items()):
        fill = mixed(INK, 0.1 + 0.85 * value / 16)
        sheet.pieces.append(f'<path d="{shape}" fill="{fill}"/>')


def stack(
    sheet: Sheet, x: float, y: float, cell: float, hue: str, *, window: bool = False,
    through: bool = False,
) -> None:  # fmt: skip
    """Three of the 48 channels, one behind the other: the 8 by 8 places of each."""
    for back in (2, 1, 0):
        left, top, side = x + 8 * back, y + 8 * (2 - back), PLACES * cell
        sheet.box(left, top, side, side, hue=hue, tint=0.1 + 0.06 * back, round=2)
        lines = "".join(
            f"M{left + i * cell:g} {top:g}v{side:g}M{left:g} {top + i * cell:g}h{side:g}"
            for i in range(1, PLACES)
        )
        sheet.pieces.append(f'<path d="{lines}" stroke="{mixed(hue, 0.3)}" fill="none"/>')
        place = left + 3 * cell, top + 3 * cell
        if window and back == 0:
            start = left + cell, top + cell
            sheet.cell(*start, KERNEL * cell, KERNEL * cell, mixed(hue, 0.45))
        if (window and back == 0) or through:
            sheet.cell(*place, cell, cell, hue)


def activated(sheet: Sheet, x: float, y: float, words: str, wide: float, hue: str) -> None:
    """A convolution, GELU and norm in one box after the other."""
    sheet.box(x, y, wide, 52, hue=hue, tint=0.3)
    sheet.say((x + wide / 2, y + 26), words, size=20, bold=True)
    for i, name in enumerate(("GELU", "norm")):
        left = x + wide + 4 + 67 * i
        sheet.box(left, y, 63 + i, 52, hue=hue, tint=0.1)
        sheet.say((left + 32, y + 26), name, size=20)


def across_places(sheet: Sheet) -> None:
    """The first step: each channel alone, and a sum."""
    stack(sheet, 40, 312, 11, WARM, window=True)
    sheet.arrow((150, 366), (176, 366))
    sheet.line((163, 366), (163, 312), (588, 312))
    sheet.arrow((588, 312), (588, 352))
    activated(sheet, 178, 340, "depthwise 5 × 5", 224, WARM)
    sheet.line((537, 366), (575, 366))
    sheet.plus(588, 366, WARM)
    sheet.note((178, 416), "each channel by its own kernel,")
    sheet.note((178, 442), "the same at every place")
    sheet.line((588, 379), (588, 468), (84, 468))
    sheet.arrow((84, 468), (84, 508))


def across_channels(sheet: Sheet) -> None:
    """The second step: each place alone, and no sum."""
    stack(sheet, 40, 512, 11, BLUE, through=True)
    sheet.arrow((150, 566), (176, 566))
    activated(sheet, 178, 540, "1 × 1: 48 → 48", 224, BLUE)
    sheet.note((178, 616), "each place alone, its channels")
    sheet.note((178, 642), "mixed; no sum")
    sheet.line((537, 566), (588, 566), (588, 698), (118, 698))
    sheet.arrow((118, 698), (118, 722))


def head(sheet: Sheet) -> None:
    """From the places to ten logits."""
    sheet.box(24, 724, 184, 48, "mean of places", GREEN)
    sheet.arrow((208, 748), (224, 748), hue=GREEN)
    sheet.box(226, 724, 174, 48, hue=GREEN)
    sheet.say((313, 748), "linear: 48 → 10", size=20)
    sheet.arrow((400, 748), (416, 748), hue=GREEN)
    for digit, high in enumerate((3, 5, 9, 40, 2, 12, 3, 4, 14, 8)):
        hue = mixed(GREEN, 1 if digit == 3 else 0.35)
        sheet.cell(418 + 20 * digit, 776 - high, 15, high, hue)
        sheet.note((425 + 20 * digit, 793), str(digit), anchor="middle")
    sheet.note((320, 832), "no layer belongs to a place: any grid will do", anchor="middle")


def gelu(x: np.ndarray) -> np.ndarray:
    """Each number times the share of a standard normal that lies below it."""
    return np.vectorize(lambda v: v * (1 + math.erf(v / math.sqrt(2))) / 2)(x)


def over_places(channel: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The kernel laid on each place, beyond the edge stands zero: what deep learning convolves."""
    padded = np.pad(channel, 1)
    sums = [[(padded[y : y + 3, x : x + 3] * kernel).sum() for x in range(3)] for y in range(3)]
    return np.array(sums)


def numbers() -> dict[str, np.ndarray]:
    """Two channels of three by three places through a block whose norms do nothing yet."""
    X = np.array([[[0.0, 2, 0], [0, 2, 1], [1, 2, 0]], [[0.0, 0, 1], [2, 1, 2], [0, 1, 0]]])
    K = np.array([[[0, 0.5, 0], [0, 0, 0], [0, 0.5, 0]], [[0, 0, 0], [0.5, 0, 0.5], [0, 0, 0]]])
    W = np.array([[1.0, -1.0], [0.5, 0.5]])
    G = np.stack([gelu(over_places(x, k)) for x, k in zip(X, K, strict=True)])
    U = X + G
    return {"X": X, "K": K, "G": G, "U": U, "W": W, "out": gelu(np.einsum("oc,cyx->oyx", W, U))}


def mechanism() -> Sheet:
    """Places within a channel, the sum, then channels within a place."""
    n = numbers()
    sheet = Sheet(
        652,
        "A ConvMixer block with numbers",
        "Two channels of three by three places. Each is convolved with a kernel of its own, three "
        "by three, goes through a GELU, and its input is added. Then at every place a matrix of "
        "two by two mixes the two channels, and a GELU follows. The middle place is framed in "
        "both channels all along. The norms, which do nothing at the start, are left out.",
    )
    for x, name in ((81, "X"), (237, "kernel"), (409, "G"), (560, "X + G")):
        sheet.say((x, 34), name, bold=True)
    for i, y in enumerate((58, 206)):
        tensor(sheet, 24, y, n["X"][i], 38, 0, WARM)
        sheet.matrix(168, y, n["K"][i], WARM, cell=(46, 36), digits=1)
        tensor(sheet, 338, y, n["G"][i], 47, 1, WARM)
        tensor(sheet, 490, y, n["U"][i], 42, 1, WARM, bold=True)
        for x, sign in ((153, "∗"), (322, "→")):
            sheet.say((x, y + 54), sign, bold=True)
        sheet.note((24, y + 126), f"channel {i + 1}")
    sheet.note((616, 332), "each channel alone, G = GELU(X ∗ kernel)", anchor="end")
    sheet.line((24, 362), (616, 362), width=1)
    for x, name in ((81, "X + G"), (278, "W"), (490, "GELU(W · (X + G))")):
        sheet.say((x, 386), name, bold=True)
    for i, y in enumerate((408, 524)):
        tensor(sheet, 24, y, n["U"][i], 42, 1, BLUE, cell=34)
        tensor(sheet, 408, y, n["out"][i], 56, 1, BLUE, cell=34, bold=True)
    sheet.matrix(220, 478, n["W"], BLUE, cell=(58, 36), digits=1)
    sheet.note((278, 570), "at each place;", anchor="middle")
    sheet.note((278, 596), "no sum", anchor="middle")
    sheet.arrow((160, 514), (210, 514))
    sheet.arrow((346, 514), (398, 514))
    return sheet


def tensor(
    sheet: Sheet, x: float, y: float, values: np.ndarray, wide: float, digits: int, hue: str,
    *, cell: float = 36, bold: bool = False,
) -> None:  # fmt: skip
    """Three by three numbers, the middle one framed."""
    sheet.matrix(x, y, values, MUTED, cell=(wide, cell), digits=digits, bold=bold)
    sheet.pieces.append(
        f'<rect x="{x + wide:g}" y="{y + cell:g}" width="{wide:g}" height="{cell:g}" rx="4" '
        f'fill="none" stroke="{hue}" stroke-width="3"/>'
    )
