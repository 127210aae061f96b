"""Chapter 3: a captioner that looks anew for every word, and one step of it with numbers."""

import numpy as np
from shapes import BLUE, GREEN, MUTED, PANEL, PLUM, SMALL, WARM, Sheet, mixed, number

DRAWINGS = ("model", "mechanism", "looks")
RED, SKY = "#C8443C", "#3F6FB5"
CIRCLE = {(1, 2): 0.5, (1, 3): 0.7, (2, 1): 0.4, (2, 2): 1, (2, 3): 0.9, (3, 2): 0.6, (3, 3): 0.4}
STAR = {(5, 5): 0.7, (5, 6): 0.6, (6, 5): 1, (6, 6): 0.8, (4, 5): 0.2}
WORDS = (("red", CIRCLE), ("circle", CIRCLE), ("blue", STAR), ("star", STAR))


def model() -> Sheet:
    """Picture, convolutions, a grid of vectors, and four steps of the decoder."""
    sheet = Sheet(
        600,
        "A captioner that looks at the picture for every word",
        "A picture of 32 by 32 pixels, a large red circle above a small blue star, goes through a "
        "convolutional network and becomes a grid of 8 by 8 vectors of 96 numbers. Below, an LSTM "
        "writes the caption. For each word its state asks, attention weighs the 64 vectors, on the "
        "circle for red and circle, on the star for blue and star, and their mean goes in.",
    )
    picture(sheet, 24, 44, 152)
    sheet.note((100, 218), "3 × 32 × 32", anchor="middle")
    sheet.arrow((176, 120), (230, 120))
    sheet.box(232, 88, 140, 64, "CNN", BLUE, bold=True)
    sheet.arrow((372, 120), (426, 120))
    grid(sheet, 428, 44, 19, BLUE, {})
    sheet.note((504, 218), "64 cells × 96", anchor="middle")
    sheet.say((302, 218), "64 weights a word", WARM, size=SMALL)
    sheet.line((580, 120), (612, 120), (612, 250), (84, 250), hue=BLUE)
    for i, (word, heat) in enumerate(WORDS):
        x = (24, 172, 352, 500)[i]
        at = x + 60
        sheet.arrow((at, 250), (at, 274), hue=BLUE)
        grid(sheet, at - 48, 276, 12, WARM, heat)
        sheet.arrow((at, 372), (at, 414), hue=WARM, width=3)
        sheet.say((at + 10, 392), "z: 96", WARM, size=SMALL, anchor="start")
        sheet.box(x, 416, 120, 52, "LSTM", GREEN)
        sheet.arrow((at, 468), (at, 500))
        sheet.box(x, 502, 120, 44, word, MUTED, bold=True)
        if i:
            start = x - (28 if i != 2 else 60)
            sheet.arrow((start, 434), (x - 1, 434), hue=GREEN)
            turn = x - 14
            sheet.arrow((turn, 434), (turn, 324), (at - 50, 324), hue=GREEN)
            sheet.arrow((start, 524), (turn, 524), (turn, 456), (x - 1, 456))
        else:
            sheet.arrow((10, 324), (at - 50, 324), hue=GREEN)
            sheet.arrow((8, 434), (x - 1, 434), hue=GREEN)
    sheet.note((308, 324), "…", anchor="middle")
    sheet.note((308, 490), "…", anchor="middle")
    sheet.note((320, 572), "a large red circle above a small blue star", anchor="middle")
    return sheet


def picture(sheet: Sheet, x: float, y: float, size: float) -> None:
    """The scene: a large red circle above a small blue star."""
    sheet.box(x, y, size, size, hue=MUTED, tint=0.16)
    unit = size / 8
    sheet.pieces.append(
        f'<circle cx="{x + 3 * unit:g}" cy="{y + 2.6 * unit:g}" r="{1.7 * unit:g}" fill="{RED}"/>'
    )
    middle, corners = (x + 6.1 * unit, y + 6.2 * unit), []
    for k in range(10):
        radius, turn = unit * (1.1 if k % 2 == 0 else 0.48), np.pi * (k / 5 - 0.5)
        corners.append((middle[0] + radius * np.cos(turn), middle[1] + radius * np.sin(turn)))
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
    sheet.pieces.append(f'<polygon points="{points}" fill="{SKY}"/>')


def grid(
    sheet: Sheet, x: float, y: float, cell: float, hue: str, heat: dict[tuple[int, int], float]
) -> None:
    """Eight by eight cells, some of them looked at."""
    size = 8 * cell
    sheet.cell(x, y, size, size, mixed(hue, 0.1))
    for (row, column), weight in heat.items():
        sheet.cell(x + column * cell, y + row * cell, cell, cell, mixed(hue, weight))
    inner = "".join(f"M{x + i * cell:g} {y:g}v{size:g}M{x:g} {y + i * cell:g}h{size:g}"
                    for i in range(1, 8))  # fmt: skip
    sheet.pieces.append(f'<path d="{inner}" stroke="{PANEL}" stroke-width="1.5"/>')
    sheet.pieces.append(
        f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" rx="3" fill="none" '
        f'stroke="{hue}" stroke-width="2"/>'
    )


def numbers() -> dict[str, np.ndarray]:
    """A state, four cells, and the small network that scores how well they fit."""
    h, v = np.array([1.0, 0.5]), np.array([2.0, 1.0])
    cells = np.array([[2.0, 1.0], [1.0, 0.0], [0.0, 0.5], [1.0, 1.0]])
    W, U = np.array([[1.0, -1.0], [0.5, -1.0]]), np.array([[1.0, -1.0], [0.0, 1.0]])
    asked, keys = W @ h, cells @ U.T
    sums = asked + keys
    scores = np.tanh(sums) @ v
    weights = np.exp(scores) / np.exp(scores).sum()
    return {"h": h, "v": v, "cells": cells, "W": W, "U": U, "asked": asked, "keys": keys,
            "sums": sums, "hidden": np.tanh(sums), "scores": scores, "weights": weights,
            "context": weights @ cells, "even": cells.mean(axis=0)}  # fmt: skip


def mechanism() -> Sheet:
    """One step, one column a cell."""
    n = numbers()
    sheet = Sheet(
        682,
        "One look at a picture of four cells, with numbers",
        "For each of four cells: the cell, U times the cell, W times the state added, the tanh, "
        "the product with v, which is the score, and the softmax of the four scores. The cells, "
        "weighted and summed, are what was seen.",
    )
    for x, name, hue in ((46, "h", GREEN), (188, "W", BLUE), (354, "U", BLUE), (520, "v", BLUE)):
        rows = np.atleast_2d(n[name])
        sheet.say((x - 16, 58), name)
        sheet.matrix(x, 58 - 18 * len(rows), rows, hue, cell=(46 if len(rows) < 2 else 60, 36),
                     digits=1)  # fmt: skip
    names = ((176, "cell a"), (242, "U a"), (296, "+ W h"), (374, "tanh"), (440, "v · tanh"),
             (516, "softmax"), (636, "weights · a"))  # fmt: skip
    for y, name in names:
        sheet.note((24, y), name)
    sheet.note((24, 320), f"({n['asked'][0]:.1f}, {n['asked'][1]:.1f})")
    for i in range(4):
        x = 190 + 124 * i
        icon(sheet, x, 132, i)
        rows = (("cells", BLUE, 176, 1), ("keys", BLUE, 242, 1), ("sums", GREEN, 308, 1),
                ("hidden", MUTED, 374, 2))  # fmt: skip
        for name, hue, y, digits in rows:
            sheet.matrix(x - 56, y - 18, [n[name][i]], hue, cell=(56, 36), digits=digits)
            sheet.arrow((x, y + 18), (x, y + (46 if digits == 1 else 52)))
        sheet.say((x, 440), number(n["scores"][i], 2))
        sheet.arrow((x, 454), (x, 496))
        sheet.cell(x - 50, 498, 100, 36, "#EFECE4")
        sheet.cell(x - 50, 498, 100 * n["weights"][i], 36, mixed(WARM, 0.5))
        sheet.say((x, 516), number(n["weights"][i], 2), bold=True)
        sheet.arrow((x, 534), (376 + 32 * (i - 1.5), 616), hue=WARM)
    sheet.matrix(316, 618, [n["context"]], WARM, cell=(60, 36), digits=2, bold=True)
    sheet.say((452, 636), "seen z", WARM, anchor="start", bold=True)
    return sheet


def looks() -> Sheet:
    """The same four cells, looked at softly, hard (two draws), and evenly."""
    n = numbers()
    sheet = Sheet(
        452,
        "Soft, hard and even attention on the same four cells",
        "Four cells and four ways to weigh them. Soft: the weights of the softmax, and all cells "
        "are mixed. Hard: one cell is drawn by these weights and taken whole; two draws are shown. "
        "Even: a quarter of each cell, whatever is asked.",
    )
    ways = (("soft", n["weights"], WARM), ("hard, draw 1", np.eye(4)[0], PLUM),
            ("hard, draw 2", np.eye(4)[3], PLUM), ("even", np.full(4, 0.25), BLUE))  # fmt: skip
    lefts = [98 + 99 * i for i in range(4)]
    sheet.note((24, 90), "cell a")
    sheet.note((568, 90), "seen z", anchor="middle")
    for i, x in enumerate(lefts):
        icon(sheet, x + 46, 42, i)
        sheet.matrix(x, 72, [n["cells"][i]], BLUE, cell=(46, 36), digits=1)
    for row, (name, weights, hue) in enumerate(ways):
        y = 160 + 82 * row
        kind, *draw = name.split(", ")
        sheet.say((24, y - 13 * len(draw)), kind, hue, size=SMALL, anchor="start", bold=True)
        for word in draw:
            sheet.note((24, y + 13), word)
        for x, weight in zip(lefts, weights, strict=True):
            sheet.cell(x, y - 20, 92, 40, "#EFECE4")
            sheet.cell(x, y - 20, 92 * weight, 40, mixed(hue, 0.45))
            sheet.say((x + 46, y), number(weight, 2), size=SMALL, bold=weight > 0)
        sheet.arrow((490, y), (508, y), hue=hue)
        sheet.matrix(510, y - 18, [weights @ n["cells"]], hue, cell=(58, 36), digits=2, bold=True)
    return sheet


def icon(sheet: Sheet, x: float, y: float, place: int) -> None:
    """Which of four cells is meant."""
    for i in range(4):
        tint = 0.9 if i == place else 0.16
        sheet.cell(x - 15 + 16 * (i % 2), y - 15 + 16 * (i // 2), 14, 14, mixed(BLUE, tint))
