"""Chapter 9: convolutions below, token MLPs above; a row of numbers pushed by one place."""

import numpy as np
from chapter08 import PLACES, image
from shapes import BLUE, GREEN, MUTED, PLUM, WARM, Sheet, mixed

WORD, KERNEL, ASKED = "ccmm", 5, (2, 2)
ROW = np.array([0.0, 2, 1, 0, 0, 0])
WEIGHTS = {"kernel": np.array([0.5, 1, 0.5]), "unit": np.array([1.0, 1, 0, -1, -1, 0])}


def model() -> Sheet:
    """From a digit through the blocks of a word; beside each block what one place has heard of."""
    sheet = Sheet(
        800,
        "Convolutions below, token MLPs above",
        "A handwritten three on a sheet of 16 by 16 pixels is cut into 64 patches of 2 by 2. One "
        "linear map makes each a token of 48 numbers. The word c, c, m, m names four blocks. A "
        "block c lays a kernel of 5 by 5 on the places of each channel, then mixes the channels "
        "of each place; a block m has an MLP along the 64 places, then one along the channels. "
        "Beside each block a grid shows the places that the place in the third row and column has "
        "heard of: 25, 49, 64 and 64. The mean of the places goes through a linear map to ten "
        "logits.",
    )
    image(sheet)
    sheet.note((204, 44), "image: 1 × 16 × 16")
    sheet.note((204, 74), "64 patches of 2 × 2")
    sheet.arrow((188, 130), (236, 130))
    sheet.box(238, 108, 170, 44, "linear: 4 → 48", MUTED)
    sheet.note((422, 130), "64 × 48")
    sheet.arrow((310, 152), (310, 230))
    sheet.say((60, 212), "word", bold=True)
    sheet.note((616, 212), "heard of", anchor="end")
    for i, kind in enumerate(WORD):
        block(sheet, 232 + 116 * i, kind, heard(i + 1))
        if i:
            sheet.arrow((310, 214 + 116 * i), (310, 230 + 116 * i))
    sheet.arrow((310, 680), (310, 706))
    sheet.box(66, 708, 488, 50, "norm, mean of places, linear: 48 → 10", BLUE)
    return sheet


def heard(blocks: int) -> np.ndarray:
    """Which places the asked one has heard of after so many blocks of the word."""
    if "m" in WORD[:blocks]:
        return np.ones((PLACES, PLACES), dtype=bool)
    reach = blocks * (KERNEL // 2)
    rows, columns = np.indices((PLACES, PLACES))
    return (abs(rows - ASKED[0]) <= reach) & (abs(columns - ASKED[1]) <= reach)


def block(sheet: Sheet, y: float, kind: str, seen: np.ndarray) -> None:
    """A block of the word, with its letter at the left and what is heard of at the right."""
    convolves = kind == "c"
    hue = WARM if convolves else GREEN
    sheet.box(30, y + 18, 60, 60, hue=hue, tint=0.5)
    sheet.say((60, y + 47), kind, size=36, bold=True)
    sheet.line((90, y + 48), (108, y + 48), hue=hue, dashed=True)
    sheet.box(110, y, 396, 96, hue=MUTED, tint=0.05)
    sheet.box(118, y + 10, 220, 76, hue=hue, tint=0.3)
    sheet.say((228, y + 33), "convolution 5 × 5" if convolves else "token MLP", size=20, bold=True)
    sheet.say((228, y + 64), "same at each place" if convolves else "64 → 12 → 64", size=20)
    sheet.arrow((338, y + 48), (354, y + 48))
    sheet.box(356, y + 10, 142, 76, hue=PLUM)
    sheet.say((427, y + 33), "1 × 1" if convolves else "channel MLP", size=20)
    sheet.say((427, y + 64), "48 → 48" if convolves else "48→20→48", size=20)
    heard_of(sheet, 528, y + 4, seen, hue)


def heard_of(sheet: Sheet, x: float, y: float, seen: np.ndarray, hue: str) -> None:
    """A small grid with the places heard of tinted and the asked one full."""
    side = 11
    sheet.cell(x, y, PLACES * side, PLACES * side, mixed(MUTED, 0.12))
    rows, columns = np.nonzero(seen)
    top, left = rows.min(), columns.min()
    wide, high = (np.ptp(columns) + 1) * side, (np.ptp(rows) + 1) * side
    sheet.cell(x + left * side, y + top * side, wide, high, mixed(hue, 0.45))
    lines = "".join(
        f"M{x + i * side:g} {y:g}v{PLACES * side}M{x:g} {y + i * side:g}h{PLACES * side}"
        for i in range(1, PLACES)
    )
    sheet.pieces.append(f'<path d="{lines}" stroke="{mixed(MUTED, 0.3)}" fill="none"/>')
    sheet.cell(x + ASKED[1] * side, y + ASKED[0] * side, side, side, hue)


def numbers() -> dict[str, np.ndarray]:
    """A row of six places and the same row pushed: through a kernel, and through a hidden unit."""
    rows = np.stack([ROW, np.roll(ROW, 1)])
    padded = np.pad(rows, ((0, 0), (1, 1)))
    kernel, unit = WEIGHTS["kernel"], WEIGHTS["unit"]
    convolved = np.stack([padded[:, i : i + 3] @ kernel for i in range(len(ROW))], axis=1)
    found = {"X": rows, "C": convolved, "mean": convolved.mean(axis=1)}
    return {**found, **WEIGHTS, "alone": rows @ unit, "after": convolved @ unit}


def mechanism() -> Sheet:
    """What a convolution makes of a row moves with the row; what a hidden unit makes changes."""
    n = numbers()
    sheet = Sheet(
        596,
        "One push, a convolution and a token MLP, with numbers",
        "A row of six places, 0, 2, 1, 0, 0, 0, and the same row pushed by one place. A kernel of "
        "one half, one, one half makes of them two rows that differ by the same push; the mean of "
        "both is 1.0. A hidden unit with weights 1, 1, 0, minus 1, minus 1, 0 adds up 2.0 for the "
        "first row and minus 1.0 for the pushed one; behind the kernel it adds up 3.0 and minus "
        "1.5.",
    )
    for i, y in enumerate((72, 118)):
        sheet.note((24, y + 18), ("a row", "pushed")[i])
        sheet.matrix(130, y, [n["X"][i]], MUTED, cell=(52, 36))
    sheet.say((286, 44), "six places of one channel", bold=True)
    sheet.line((24, 180), (616, 180), dashed=True)
    sheet.say((24, 212), "convolution", WARM, anchor="start", bold=True)
    sheet.matrix(200, 194, [n["kernel"]], WARM, cell=(52, 36), digits=1)
    sheet.note((370, 212), "one kernel for all places")
    for i, y in enumerate((252, 298)):
        sheet.matrix(130, y, [n["C"][i]], WARM, cell=(52, 36), digits=1)
        sheet.note((464, y + 18), "mean")
        sheet.matrix(540, y, [[n["mean"][i]]], BLUE, cell=(64, 36), digits=1, bold=True)
    sheet.line((24, 360), (616, 360), dashed=True)
    sheet.say((24, 392), "token MLP", GREEN, anchor="start", bold=True)
    sheet.note((200, 392), "one hidden unit: a weight a place")
    sheet.matrix(130, 420, [n["unit"]], GREEN, cell=(52, 36))
    for x, name, words in ((130, "alone", "of the row"), (390, "after", "behind the kernel")):
        sheet.note((x, 490), words)
        sheet.matrix(x, 512, [[n[name][0]]], GREEN, cell=(70, 36), digits=1, bold=True)
        sheet.note((x + 82, 530), "then")
        sheet.matrix(x + 136, 512, [[n[name][1]]], GREEN, cell=(70, 36), digits=1, bold=True)
    sheet.note((24, 572), "pushed, the mean stays and the unit's sum does not")
    return sheet
