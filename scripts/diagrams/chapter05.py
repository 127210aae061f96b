"""Chapter 5: one query's row, all heads and layers; and rollout with numbers."""

import numpy as np
from chapter03 import RED, SKY
from look05 import found
from shapes import BLUE, GREEN, INK, MUTED, PANEL, WARM, Sheet, mixed

__all__ = ["found"]
DRAWINGS = ("model", "mechanism", "found")
SIDE, CELL, SMALL_CELL = 12, 14, 6
CIRCLE, STAR, HERE = (4, 4), (9, 9), (4, 4)
# For each layer and head: where it looks (row, column), how widely, how strongly.
LOOKS = (
    (((*CIRCLE, 1.6, 0.5), (*STAR, 0.9, 0.6)), ((*HERE, 0.8, 1.0),), ((2, 9, 2.4, 0.4),),
     ((*CIRCLE, 1.2, 0.3), (9, 2, 2.0, 0.4))),
    (((*CIRCLE, 1.9, 0.6), (*STAR, 1.0, 0.5)), ((*CIRCLE, 2.6, 0.5),), ((6, 6, 3.4, 0.35),),
     ((*STAR, 1.2, 0.7),)),
    (((*CIRCLE, 1.5, 0.9),), ((*CIRCLE, 1.9, 0.8), (*STAR, 0.9, 0.3)), ((3, 5, 1.5, 0.7),),
     ((*CIRCLE, 2.8, 0.5),)),
    (((*CIRCLE, 1.4, 1.0),), ((*CIRCLE, 1.8, 0.9),), ((5, 4, 1.2, 0.9),), ((*CIRCLE, 1.6, 0.7),)),
)  # fmt: skip
SHOWN = (2, 1)


def heat(spots: tuple[tuple[float, float, float, float], ...]) -> np.ndarray:
    """A sketch of a map over the patches: round spots, in four steps."""
    y, x = np.mgrid[:SIDE, :SIDE]
    each = [a * np.exp(-((y - r) ** 2 + (x - c) ** 2) / (2 * s * s)) for r, c, s, a in spots]
    return np.floor(4 * np.clip(sum(each), 0, 0.99) + 0.3) / 4


def model() -> Sheet:
    """A picture, its map, one row of it over the patches, and that for every head and layer."""
    sheet = Sheet(
        632,
        "One row of an attention map, in every head of every layer",
        "Left, a picture of 72 by 72 pixels in 12 by 12 patches; one patch on a large red circle "
        "asks. In the middle, the map of 145 by 145 weights with that patch's row in colour. "
        "Right, the row folded back over the patches: it falls on the circle. Below, a sketch of "
        "such a map for four heads in each of four layers.",
    )
    scene(sheet, 24, 26)
    sheet.box(236, 26, 168, 168, hue=MUTED, tint=0.08, round=4)
    for i in range(1, SIDE):
        sheet.line((237 + 14 * i, 27), (237 + 14 * i, 193), hue=PANEL, width=1)
    row = 26 + HERE[0] * CELL + 1
    weights = heat(LOOKS[SHOWN[0]][SHOWN[1]])
    sheet.cell(237, row, 166, 12, mixed(WARM, 0.12))
    for i, weight in enumerate(weights.ravel()):
        if weight:
            sheet.cell(238 + i * 166 / 145, row, 1.3, 12, mixed(WARM, weight))
    sheet.line((24 + (HERE[1] + 1) * CELL, row + 6), (234, row + 6), hue=WARM, head=True)
    sheet.arrow((404, row + 6), (446, row + 6), hue=WARM)
    spots(sheet, 448, 26, CELL, weights)
    for x, words in ((108, "12 × 12 patches"), (320, "145 × 145"), (532, "its row, folded")):
        sheet.note((x, 216), words, anchor="middle")
    for i in range(4):
        sheet.note((24, 318 + 84 * i), f"layer {i + 1}")
        sheet.note((182 + 122 * i, 262), f"head {i + 1}", anchor="middle")
        for j in range(4):
            spots(sheet, 146 + 122 * j, 282 + 84 * i, SMALL_CELL, heat(LOOKS[i][j]),
                  strong=(i, j) == SHOWN)  # fmt: skip
    return sheet


def scene(sheet: Sheet, x: float, y: float) -> None:
    """The picture under its patches, and the patch that asks."""
    size = SIDE * CELL
    sheet.cell(x, y, size, size, "#DAD7CF")
    points = " ".join(
        f"{x + 133 + r * np.cos(t):.1f},{y + 133 + r * np.sin(t):.1f}"
        for r, t in ((23 if k % 2 == 0 else 10, np.pi * (k / 5 - 0.5)) for k in range(10))
    )
    sheet.pieces.append(
        f'<circle cx="{x + 63:g}" cy="{y + 63:g}" r="38" fill="{RED}"/>'
        f'<polygon points="{points}" fill="{SKY}"/>'
    )
    lines(sheet, x, y, CELL)
    left, top = x + HERE[1] * CELL, y + HERE[0] * CELL
    sheet.pieces.append(
        f'<rect x="{left:g}" y="{top:g}" width="{CELL}" height="{CELL}" fill="{PANEL}" '
        f'stroke="{WARM}" stroke-width="3"/>'
    )


def lines(sheet: Sheet, x: float, y: float, cell: float) -> None:
    """Between the patches."""
    size = SIDE * cell
    inner = "".join(f"M{x + i * cell:g} {y:g}v{size:g}M{x:g} {y + i * cell:g}h{size:g}"
                    for i in range(1, SIDE))  # fmt: skip
    sheet.pieces.append(f'<path d="{inner}" stroke="{PANEL}"/>')


def spots(
    sheet: Sheet, x: float, y: float, cell: float, weights: np.ndarray, strong: bool = True
) -> None:
    """A map over the patches; cells of one weight are one path."""
    size = SIDE * cell
    sheet.cell(x, y, size, size, mixed(WARM, 0.08))
    for weight in np.unique(weights[weights > 0]):
        shape = "".join(f"M{x + c * cell:g} {y + r * cell:g}h{cell:g}v{cell:g}h-{cell:g}z"
                        for r, c in np.argwhere(weights == weight))  # fmt: skip
        sheet.pieces.append(f'<path d="{shape}" fill="{mixed(WARM, weight)}"/>')
    if cell == CELL:
        lines(sheet, x, y, cell)
    hue, width = (WARM, 3) if strong else (mixed(WARM, 0.5), 1.5)
    sheet.pieces.append(
        f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" rx="3" fill="none" '
        f'stroke="{hue}" stroke-width="{width:g}"/>'
    )


def numbers() -> dict[str, np.ndarray]:
    """Two layers' maps of three tokens, each mixed half and half with itself, and the product."""
    A = np.array([[[0.2, 0.6, 0.2], [0.2, 0.6, 0.2], [0.0, 0.4, 0.6]],
                  [[0.2, 0.0, 0.8], [0.4, 0.4, 0.2], [0.2, 0.2, 0.6]]])  # fmt: skip
    mixed_maps = 0.5 * A + 0.5 * np.eye(3)
    return {"A": A, "mixed": mixed_maps, "rollout": mixed_maps[1] @ mixed_maps[0]}


def mechanism() -> Sheet:
    """Mix with the identity, then multiply, the last layer first."""
    n = numbers()
    sheet = Sheet(
        640,
        "Rollout of two layers with numbers",
        "Two maps of three tokens: the class token and two patches. Each is halved and half of the "
        "identity is added. The second times the first is the rollout, whose rows sum to one. In "
        "layer 2 the class token takes nothing from patch 1; by way of the others it still has "
        "0.26 of it.",
    )
    for layer in range(2):
        y, name = 64 + 164 * layer, "₁₂"[layer]
        sheet.say((24, y + 57), f"layer {layer + 1}", anchor="start", bold=True)
        sheet.say((215, y - 22), f"A{name}")
        table(sheet, 134, y, n["A"][layer], BLUE, 1)
        sheet.arrow((296, y + 57), (366, y + 57))
        sheet.say((449, y - 22), f"Ã{name} = ½ A{name} + ½ I")
        table(sheet, 368, y, n["mixed"][layer], GREEN, 2)
    y = 432
    for x, name in ((105, "Ã₂"), (301, "Ã₁"), (497, "rollout")):
        sheet.say((x, y - 22), name, WARM if x > 400 else INK, bold=x > 400)
    table(sheet, 24, y, n["mixed"][1], GREEN, 2)
    sheet.say((203, y + 57), "·", bold=True)
    table(sheet, 220, y, n["mixed"][0], GREEN, 2)
    sheet.say((399, y + 57), "=", bold=True)
    table(sheet, 416, y, n["rollout"], WARM, 2)
    for i, total in enumerate(n["rollout"].sum(axis=1)):
        sheet.note((586, y + 19 + 38 * i), f"Σ {total:.0f}")
    for x, top in ((188, 228), (470, y)):
        sheet.pieces.append(f'<rect x="{x}" y="{top}" width="54" height="38" rx="4" '
                            f'fill="none" stroke="{WARM}" stroke-width="4"/>')  # fmt: skip
    sheet.note((320, 586), "row 1: the class token · Σ: sum of a row", anchor="middle")
    return sheet


def table(sheet: Sheet, x: float, y: float, rows: np.ndarray, hue: str, digits: int) -> None:
    """A map of three tokens, tinted by weight."""
    sheet.matrix(x, y, rows, hue, cell=(54, 38), digits=digits, heat=True)
