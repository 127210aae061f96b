"""Chapter 7: a word of blocks becomes a model; fixed weights and attention on two sheets."""

import numpy as np
from shapes import BLUE, GREEN, INK, MUTED, PLUM, WARM, Sheet

RED, WHITE = "#D2463C", "#FFFFFF"
# What stands in the cells of the drawn sheet, and in which ink.
CARDS = (
    ("3", WHITE), ("7", RED), ("0", WHITE), ("1", BLUE),
    ("5", GREEN), ("1", WHITE), ("3", GREEN), ("8", WHITE),
    ("0", BLUE), ("4", WHITE), ("7", WHITE), ("2", RED),
    ("8", RED), ("2", WHITE), ("4", GREEN), ("5", WHITE),
)  # fmt: skip
LIGHT = {RED: "#FF6B5E", BLUE: "#6BA3FF", GREEN: "#4FE08A", WHITE: WHITE}
ORDERS = ((0, 1, 2), (0, 2, 1))  # the same three cards, laid out in two ways
SIGNS = (("3", WHITE), ("3", RED), ("7", BLUE))


def card(sheet: Sheet, x: float, y: float, size: float, digit: str, ink: str) -> None:
    """A cell of a sheet: a digit on dark ground."""
    sheet.cell(x, y, size - 2, size - 2, INK)
    middle = x + size / 2 - 1, y + size / 2 - 1
    sheet.say(middle, digit, LIGHT[ink], size=round(0.7 * size), bold=True)


def model() -> Sheet:
    """From a sheet of digits through the blocks of a word to an answer for each digit."""
    sheet = Sheet(
        756,
        "A hybrid spelled as a word",
        "A sheet of 4 by 4 handwritten digits, half of them white, is cut into 16 patches. One "
        "linear map makes each a token of 32 numbers. The word m, m, a names three blocks. A block "
        "m mixes tokens by an MLP whose weights are the same for every sheet; a block a by "
        "attention, whose weights come from the tokens. Each ends in an MLP on each token alone. "
        "Of each white digit's token a linear map makes the colour of its twin.",
    )
    for i, (digit, ink) in enumerate(CARDS):
        card(sheet, 24 + 40 * (i % 4), 24 + 40 * (i // 4), 40, digit, ink)
    sheet.note((204, 44), "a sheet: 3 × 32 × 32")
    sheet.note((204, 74), "16 patches of 8 × 8")
    sheet.arrow((188, 130), (246, 130))
    sheet.box(248, 108, 190, 44, "linear: 192 → 32", MUTED)
    sheet.note((452, 130), "16 × 32")
    sheet.arrow((343, 152), (343, 222))
    sheet.note((360, 190), "+ positions: 16 × 32")
    for i, kind in enumerate("mma"):
        block(sheet, 226 + 130 * i, kind)
    sheet.say((60, 212), "word", bold=True)
    sheet.arrow((343, 596), (343, 642))
    sheet.note((360, 618), "16 × 32")
    sheet.box(224, 644, 238, 44, "norm, linear: 32 → 4", GREEN)
    sheet.arrow((224, 666), (196, 666), hue=GREEN)
    card(sheet, 24, 642, 48, "3", WHITE)
    sheet.say((112, 666), "green", GREEN, bold=True)
    sheet.note((24, 716), "each white digit: what colour is its twin?")
    return sheet


def block(sheet: Sheet, y: float, kind: str) -> None:
    """A block of the word, with its letter at the left."""
    attends = kind == "a"
    hue = GREEN if attends else WARM
    sheet.box(30, y + 26, 60, 60, hue=hue, tint=0.5)
    sheet.say((60, y + 55), kind, INK, size=36, bold=True)
    sheet.line((90, y + 56), (120, y + 56), hue=hue, dashed=True)
    sheet.box(122, y, 494, 112, hue=MUTED, tint=0.05)
    sheet.box(132, y + 14, 296, 84, hue=hue, tint=0.3)
    sheet.say((280, y + 38), "attention" if attends else "token MLP", bold=True)
    words = "weights from the tokens" if attends else "weights fixed after training"
    sheet.say((280, y + 72), words, size=20)
    sheet.arrow((428, y + 56), (446, y + 56))
    sheet.box(448, y + 14, 158, 84, hue=BLUE)
    sheet.say((527, y + 38), "channel MLP")
    sheet.note((527, y + 72), "32→64→32", anchor="middle")
    if y > 300:
        sheet.arrow((343, y - 18), (343, y - 1))


def numbers() -> dict[str, np.ndarray]:
    """What the first card takes from three, in two layouts: by fixed weights, and by attention."""
    keys = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])  # white, a red three, a blue seven
    values = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])  # how red, how blue
    query = np.array([1.0, 0.0])  # of the white three
    fixed = np.array([0.0, 0.5, 0.5])
    found: dict[str, list[np.ndarray]] = {"scores": [], "weights": [], "read": [], "fixed": []}
    for order in ORDERS:
        laid = list(order)
        scores = keys[laid] @ query
        weights = np.exp(scores) / np.exp(scores).sum()
        found["scores"].append(scores)
        found["weights"].append(weights)
        found["read"].append(weights @ values[laid])
        found["fixed"].append(fixed @ values[laid])
    arrays = {name: np.array(rows) for name, rows in found.items()}
    return {**arrays, "keys": keys, "values": values, "query": query, "table": fixed}


def mechanism() -> Sheet:
    """The same cards in two orders: fixed weights read the same blur, attention finds the twin."""
    n = numbers()
    sheet = Sheet(
        640,
        "Fixed weights and attention with numbers",
        "A white three asks, a red three and a blue seven lie beside it, in two orders. Fixed "
        "weights 0, 0.5, 0.5 read half red and half blue both times. Attention has the scores 0, "
        "4, 0 in the first order and 0, 0, 4 in the second, so its weights move with the red "
        "three, and it reads 0.96 red and 0.02 blue both times.",
    )
    for i, order in enumerate(ORDERS):
        x = 190 + 226 * i
        sheet.say((x + 96, 36), ("one order", "the other")[i], bold=True)
        for place, which in enumerate(order):
            card(sheet, x + 64 * place + 5, 58, 54, *SIGNS[which])
    sheet.note((24, 84), "three cards")
    rows = (
        (142, "fixed weights", [n["table"]] * 2, WARM, 1),
        (202, "read", n["fixed"], WARM, 2),
        (322, "scores q · k", n["scores"], GREEN, 0),
        (382, "softmax", n["weights"], GREEN, 2),
        (442, "read", n["read"], GREEN, 2),
    )
    sheet.line((24, 284), (616, 284), dashed=True)
    for y, name, values, hue, digits in rows:
        sheet.say((24, y + 18), name, INK, size=20, anchor="start", bold=name == "read")
        for i, row in enumerate(values):
            read = len(row) == 2
            at = 190 + 226 * i + (32 if read else 0)
            sheet.matrix(at, y, [row], PLUM if read else hue, cell=(64, 38), digits=digits,
                         heat=not read and digits == 2, bold=read)  # fmt: skip
    for y in (260, 500):
        for i in (0, 1):
            sheet.note((254 + 226 * i, y), "red", anchor="middle")
            sheet.note((318 + 226 * i, y), "blue", anchor="middle")
    sheet.say((24, 552), "fixed: one table for every sheet", WARM, size=20, anchor="start")
    sheet.say((24, 590), "attention: a new table for each sheet", GREEN, size=20, anchor="start")
    return sheet
