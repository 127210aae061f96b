"""Chapter 1: what joins a reader and a writer, and one look-up with numbers."""

import numpy as np
from shapes import BLUE, GREEN, MUTED, WARM, Sheet, mixed

LEFTS, BOX, STEP = (112, 380), 50, 63


def model() -> Sheet:
    """Sequence to sequence without and with attention, side by side."""
    sheet = Sheet(
        560,
        "Sequence to sequence without and with attention",
        "Two networks write the word draw backwards. On the left, the encoder's first and "
        "last state lead to one vector c, from which the decoder writes every letter: the "
        "bottleneck. "
        "On the right, each step of the decoder has a context of its own, a weighted mean of all "
        "four states. The second step asks with the decoder's state and looks most at letter a. In "
        "both, each letter written leads to the next step, and a dashed line from the encoder's "
        "first state to the decoder's.",
    )
    for y, name, shape in ((92, "source", "4 letters"), (180, "encoder", "4 × 128"),
                           (305, "passed", ""), (428, "decoder", "4 × 64"),
                           (516, "target", "4 letters")):  # fmt: skip
        sheet.note((16, y - 12 if shape else y), name)
        sheet.note((16, y + 12), shape)
    sheet.line((365, 60), (365, 540), hue="#E3E0D8")
    for left, head, hue in zip(LEFTS, ("without attention", "with attention"), (MUTED, WARM),
                               strict=True):  # fmt: skip
        sheet.say((left + 120, 38), head, hue, bold=True)
        network(sheet, left)
    summary(sheet, LEFTS[0])
    contexts(sheet, LEFTS[1])
    return sheet


def middle(left: float, place: int) -> float:
    """Where a letter's column is."""
    return left + place * STEP + BOX / 2


def network(sheet: Sheet, left: float) -> None:
    """A reader and a writer, with nothing between them yet."""
    start = [(left, 180), (left - 8, 180), (left - 8, 428), (left - 1, 428)]
    sheet.arrow(*start, hue=GREEN, dashed=True)
    for i, (read, written) in enumerate(zip("draw", "ward", strict=True)):
        x, at = left + i * STEP, middle(left, i)
        sheet.box(x, 70, BOX, 44, read, bold=True)
        sheet.arrow((at, 114), (at, 153))
        sheet.box(x, 155, BOX, BOX, f"h_{i + 1}", BLUE)
        sheet.box(x, 403, BOX, BOX, f"s_{i + 1}", GREEN)
        sheet.arrow((at, 453), (at, 492))
        sheet.box(x, 494, BOX, 44, written, bold=True)
        if i:
            sheet.line((x - STEP + BOX, 180), (x, 180), hue=BLUE)
            sheet.arrow((x - STEP + BOX, 428), (x - 1, 428), hue=GREEN)
            sheet.arrow((x - STEP + BOX - 8, 494), (x + 10, 455))


def summary(sheet: Sheet, left: float) -> None:
    """One vector for a word of any length."""
    x = left + 120
    for i, shift in ((0, -22), (3, 22)):
        sheet.arrow((middle(left, i), 205), (x + shift, 278), hue=WARM, width=3)
    sheet.box(x - 50, 280, 100, BOX, "c: 128", WARM, tint=0.4, bold=True)
    for i in range(4):
        sheet.arrow((x - 27 + 18 * i, 330), (middle(left, i), 401), hue=WARM)


def contexts(sheet: Sheet, left: float) -> None:
    """One vector for each step, from all states; the second step is drawn in full."""
    for i, weight in enumerate((1.5, 2, 7, 3)):
        sheet.line((middle(left, i), 205), (middle(left, 1), 280), hue=WARM, width=weight)
        now = i == 1
        look = {"tint": 0.4 if now else 0.04, "bold": now, "dashed": not now}
        sheet.box(left + i * STEP, 280, BOX, BOX, f"c_{i + 1}", WARM, **look)
        sheet.arrow((middle(left, i), 330), (middle(left, i), 401), hue=WARM, dashed=not now)
    start = (middle(left, 0) + 14, 403)
    sheet.arrow(start, (middle(left, 1) - 14, 332), hue=GREEN)
    sheet.say((left + 46, 362), "q", GREEN)


def numbers() -> dict[str, np.ndarray]:
    """One query, three keys, three values: what fits, how well, and what comes back."""
    q = np.array([2.0, 0, 1, 1])
    keys = np.array([[1.0, 0, 1, 1], [0, 2, 0, 2], [0, 1, 0, 0]])
    values = np.array([[4.0, 0], [0, 4], [-4, 4]])
    products = keys @ q
    scores = products / np.sqrt(len(q))
    weights = np.exp(scores) / np.exp(scores).sum()
    shares = weights[:, None] * values
    return {"q": q, "keys": keys, "products": products, "scores": scores, "weights": weights,
            "values": values, "shares": shares, "context": shares.sum(axis=0)}  # fmt: skip


def mechanism() -> Sheet:
    """The look-up, row by row."""
    n = numbers()
    sheet = Sheet(
        650,
        "One look-up with numbers",
        "A query of four numbers is multiplied with three keys. The products 4, 2 and 0, divided "
        "by the root of four, are scores; a softmax makes weights of them. The values, weighted "
        "and summed, are the context.",
    )
    rows = ((110, "key k"), (180, "q · k"), (236, "÷ √4"), (312, "softmax"), (410, "value v"),
            (480, "weight · v"), (590, "sum"))  # fmt: skip
    for y, name in rows:
        sheet.note((24, y), name)
    sheet.note((24, 44), "query q")
    for j in range(3):
        x = 217 + 156 * j
        sheet.line((373 + 36 * (j - 1), 62), (x, 90), hue=GREEN)
        sheet.matrix(x - 72, 92, [n["keys"][j]], BLUE, cell=(36, 36))
        sheet.arrow((x, 130), (x, 166))
        sheet.say((x, 180), f"{n['products'][j]:.0f}")
        sheet.arrow((x, 194), (x, 222))
        sheet.say((x, 236), f"{n['scores'][j]:.1f}")
        sheet.arrow((x, 250), (x, 292))
        sheet.cell(x - 60, 294, 120, 36, "#EFECE4")
        sheet.cell(x - 60, 294, 120 * n["weights"][j], 36, mixed(WARM, 0.5))
        sheet.say((x, 312), f"{n['weights'][j]:.2f}", bold=True)
        sheet.matrix(x - 50, 392, [n["values"][j]], BLUE)
        sheet.line((x, 330), (x, 390), hue=WARM)
        sheet.arrow((x, 428), (x, 460))
        sheet.matrix(x - 70, 462, [n["shares"][j]], WARM, cell=(70, 36), digits=2)
        sheet.arrow((x, 498), (373 + 40 * (j - 1), 570), hue=WARM)
    sheet.matrix(301, 26, [n["q"]], GREEN, cell=(36, 36))
    sheet.matrix(303, 572, [n["context"]], WARM, cell=(70, 36), digits=2, bold=True)
    sheet.say((460, 590), "context c", WARM, anchor="start", bold=True)
    return sheet
