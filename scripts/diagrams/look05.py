"""How chapter 5's model comes to look at the large object, as its interventions found it.

The numbers are those of the book's record of three seeds.
"""

import json
from pathlib import Path

from chapter03 import RED, SKY
from shapes import BLUE, GREEN, INK, MUTED, PANEL, PLUM, WARM, Sheet, mixed

RECORD = Path(__file__).resolve().parents[2] / "book/results/seeds/05_inside_vit.json"


def span(claim: str, scale: float, digits: int) -> str:
    """The least and the largest value that the seeds of the record gave to a claim."""
    claims = json.loads(RECORD.read_text(encoding="utf-8"))["profiles"]["book"]["claims"]
    values = [scale * value for value in claims[claim]["values"].values()]
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def found() -> Sheet:
    """Colour heads, one summary to all, a question and marks that make the last look."""
    sheet = Sheet(
        596,
        "How the last look comes to lie on the large object",
        "Step 1: colour heads of the first layer gather patches of their colours from a picture "
        "with a large red circle and a small blue one. Step 2: a summary, mostly red, goes to the "
        "class token, and one for all of them to the patches. Step 3: the class token asks for "
        "red, the red patches stand out, and the last look lies on the large circle. A transplant "
        "changes the summary between steps 1 and 2: told blue, the look moves to the small circle. "
        "Numbers of three seeds stand beside the steps.",
    )
    drawn = span("repainted-in-a-head-s-colour-an-object-gets-more-of-its-weight", 1, 1)
    shared = span("one-look-shared-by-all-patches-is-enough-to-answer", 100, 1)
    turned = span("the-last-look-follows-what-the-class-token-was-told", 1, 1)
    follow = span("the-answer-follows-what-the-class-token-was-told", 100, 0)
    sheet.note((616, 34), f"repainted: {drawn} times", anchor="end")
    sheet.note((158, 232), f"one for all patches: {shared} % right")
    sheet.say((24, 34), "1  colour heads", anchor="start", bold=True)
    picture(sheet, 24, 60, 132)
    for i, (hue, words) in enumerate(((WARM, "red"), (BLUE, "blue"), (GREEN, "green"))):
        y = 60 + 46 * i
        sheet.box(212, y, 132, 38, words, hue, tint=0.16)
        sheet.arrow((160, 126), (208, y + 19), hue=MUTED)
        sheet.arrow((348, y + 19), (404, 126), hue=hue, width=4 if i == 0 else 2)
    sheet.box(408, 96, 208, 60, "mostly red", WARM, tint=0.22, bold=True)
    sheet.note((512, 78), "summaries", anchor="middle")
    sheet.say((24, 232), "2  told on", anchor="start", bold=True)
    sheet.line((600, 160), (600, 226), hue=WARM, width=4)
    sheet.line((600, 226), (600, 262), (100, 262), hue=WARM, width=4)
    fills = (PANEL, RED, SKY, "#DAD7CF")
    words = ("class token", "a red patch", "a blue patch", "ground")
    for i, (fill, word) in enumerate(zip(fills, words, strict=True)):
        x = 84 + 146 * i
        sheet.arrow((x + 16, 262), (x + 16, 296), hue=WARM)
        sheet.pieces.append(
            f'<rect x="{x}" y="300" width="32" height="32" rx="4" fill="{fill}" '
            f'stroke="{PLUM if i == 0 else MUTED}" stroke-width="3"/>'
        )
        sheet.note((x + 16, 352), word, anchor="middle")
    sheet.say((330, 394), "3  the last look", anchor="start", bold=True)
    sheet.box(24, 430, 176, 56, "asks for red", PLUM, bold=True)
    sheet.box(224, 430, 176, 56, "stands out", WARM)
    sheet.arrow((100, 366), (100, 426), hue=PLUM)
    sheet.line((246, 366), (246, 392), hue=MUTED)
    sheet.arrow((246, 392), (300, 392), (300, 426), hue=MUTED)
    sheet.arrow((404, 458), (472, 458), hue=WARM)
    picture(sheet, 480, 414, 92, looked=True)
    sheet.note((212, 458), "+", anchor="middle")
    sheet.note((24, 536), f"Told “mostly blue”: {follow} % say blue,")
    sheet.note((24, 564), f"small over large in the look: {turned}")
    return sheet


def picture(sheet: Sheet, x: float, y: float, size: float, *, looked: bool = False) -> None:
    """A large red and a small blue circle; `looked` at, with a line around the large one."""
    sheet.cell(x, y, size, size, "#DAD7CF")
    large, small = (x + 0.38 * size, y + 0.4 * size), (x + 0.78 * size, y + 0.78 * size)
    for (cx, cy), share, fill in ((large, 0.26, RED), (small, 0.12, SKY)):
        sheet.pieces.append(f'<circle cx="{cx:g}" cy="{cy:g}" r="{share * size:g}" fill="{fill}"/>')
    if looked:
        sheet.pieces.append(
            f'<circle cx="{large[0]:g}" cy="{large[1]:g}" r="{0.32 * size:g}" fill="none" '
            f'stroke="{INK}" stroke-width="5"/>'
        )
    sheet.pieces.append(
        f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" rx="3" fill="none" '
        f'stroke="{mixed(MUTED, 0.8)}" stroke-width="2"/>'
    )
