"""Chapter 2: the Transformer, and two heads with numbers."""

import numpy as np
from shapes import BLUE, GREEN, INK, MUTED, SMALL, WARM, Sheet

WIDE, NORM, OPERATION, STEP, TOP = 212, 30, 58, 152, 236


def model() -> Sheet:
    """Encoder and decoder, one layer each, with their residual connections."""
    sheet = Sheet(
        822,
        "The Transformer",
        "Left the encoder: letters are embedded, positions added, then self-attention and an MLP, "
        "each with a norm before it and its input added after it. Right the decoder: the same, "
        "with a causal mask, and between the two a cross-attention that takes keys and values from "
        "the encoder's output. Only the attentions, in colour, carry anything between tokens.",
    )
    attention, mlp = "self-attention", ("MLP", "56 → 224 → 56", MUTED)
    reading = [(attention, "4 heads", WARM), mlp]
    writing = [(attention, "4 heads, causal", WARM), ("cross-attention", "4 heads", WARM), mlp]
    column(sheet, 52, 30, BLUE, "encoder", "m", reading)
    column(sheet, 376, 610, GREEN, "decoder", "n", writing)
    down = TOP + 2 * STEP + 48
    sheet.box(52, down - 34, WIDE, 34, "norm", BLUE)
    at = TOP + STEP + 26 + NORM + OPERATION / 2
    sheet.arrow((158, down), (158, down + 30), (318, down + 30), (318, at), (374, at), hue=BLUE)
    sheet.note((346, at - 18), "k, v", anchor="middle")
    sheet.note((158, down + 54), "memory: m × 56", anchor="middle")
    end = TOP + 3 * STEP + 14
    sheet.box(376, end, WIDE, 34, "norm", GREEN)
    sheet.arrow((482, end + 34), (482, end + 56))
    sheet.box(376, end + 58, WIDE, 40, "linear", GREEN)
    sheet.note((360, end + 78), "logits: n × symbols", anchor="end")
    return sheet


def column(
    sheet: Sheet, x: float, around: float, hue: str, name: str, count: str,
    parts: list[tuple[str, str, str]],
) -> None:  # fmt: skip
    """One of the two stacks, from its letters to the last sum."""
    at = x + WIDE / 2
    sheet.say((at, 34), name, hue, bold=True)
    sheet.box(x, 56, WIDE, 40, f"{count} letters", MUTED)
    sheet.arrow((at, 96), (at, 118))
    sheet.box(x, 120, WIDE, 40, "embedding", hue)
    sheet.line((at, 160), (at, 176))
    sheet.plus(at, 189, hue)
    sheet.note((at + 20, 189), "positions")
    sheet.note((at - 20, 189), f"{count} × 56", anchor="end")
    sheet.line((at, 202), (at, TOP))
    for i, (words, more, own) in enumerate(parts):
        y = TOP + i * STEP
        sheet.arrow((at, y), (at, y + 17))
        edge, deep = (hue, 0.12) if own == MUTED else (own, 0.36)
        sheet.box(x, y + 18, WIDE, NORM, hue=hue, tint=0.04)
        sheet.note((at, y + 18 + NORM / 2), "norm", anchor="middle")
        sheet.line((at, y + 18 + NORM), (at, y + 26 + NORM))
        sheet.box(x, y + 26 + NORM, WIDE, OPERATION, hue=edge, tint=deep)
        sheet.say((at, y + 43 + NORM), words, bold=own == WARM)
        sheet.say((at, y + 67 + NORM), more, MUTED if own == MUTED else INK, size=SMALL)
        total = y + 26 + NORM + OPERATION + 23
        sheet.line((at, total - 23), (at, total - 13))
        sheet.arrow((at, y), (around, y), (around, total),
                    (at + (14 if around > at else -14), total))  # fmt: skip
        sheet.plus(at, total)
        sheet.line((at, total + 13), (at, y + STEP))
    sheet.arrow((at, TOP + len(parts) * STEP), (at, TOP + len(parts) * STEP + 13))


def numbers() -> dict[str, np.ndarray]:
    """Two tokens of four numbers, two heads of two; the first axis of `wq` to `found` is heads."""
    x = np.array([[1.0, 0, 1, 0], [0, 1, 0, 2]])
    wq = np.array([[[1, 0], [0, 1], [1, 0], [0, 0]], [[0, 1], [1, 0], [0, 0], [1, 0]]])
    wk = np.array([[[1, 0], [0, 0], [0, 0], [0, 1]], [[0, 0], [0, 1], [1, 0], [0, 0]]])
    wv = np.array([[[0, 1], [1, 0], [1, 0], [0, 1]], [[1, 0], [0, 0], [0, 0], [0, 1]]])
    wo = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 0], [1, 0, 1, 0]])
    q, k, v = x @ wq, x @ wk, x @ wv
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(2)
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    found = weights @ v
    joined = np.concatenate(list(found), axis=-1)
    return {"x": x, "wq": wq, "wk": wk, "wv": wv, "wo": wo, "q": q, "k": k, "v": v,
            "scores": scores, "weights": weights, "found": found,
            "joined": joined, "out": joined @ wo}  # fmt: skip


def mechanism() -> Sheet:
    """Each head reads the whole token; the output layer reads all heads."""
    n = numbers()
    sheet = Sheet(
        932,
        "Two heads with numbers",
        "Two tokens of four numbers. Each head multiplies the whole tokens with its own W_Q, W_K "
        "and W_V, scores queries against keys, divides by the root of two, takes the softmax, and "
        "weighs its values. The two results stand side by side and are multiplied with W_O.",
    )
    sheet.note((24, 62), "x: 2 tokens of 4")
    sheet.matrix(232, 30, n["x"], BLUE, cell=(44, 32))
    for head, left in enumerate((24, 332)):
        at, hue = left + 142, (GREEN, WARM)[head]
        sheet.arrow((276 + 88 * head, 94), (at, 126), hue=hue)
        sheet.say((at, 144), f"head {head + 1}", hue, bold=True)
        for i, name in enumerate("qkv"):
            x = left + 102 * i
            sheet.say((x + 40, 174), f"W_{name.upper()}")
            sheet.matrix(x, 198, n["w" + name][head], hue, cell=(40, 32))
            sheet.arrow((x + 40, 326), (x + 40, 368), hue=hue)
            sheet.say((x + 62, 346), name.upper())
            sheet.matrix(x, 370, n[name][head], hue, cell=(40, 32))
        sheet.note((left + 62, 470), "Q Kᵀ ÷ √2", anchor="middle")
        sheet.note((left + 222, 470), "softmax", anchor="middle")
        sheet.matrix(left, 488, n["scores"][head], hue, cell=(62, 32), digits=2)
        sheet.arrow((left + 124, 520), (left + 158, 520), hue=hue)
        sheet.matrix(left + 160, 488, n["weights"][head], hue, cell=(62, 32), digits=2, heat=True)
        sheet.arrow((left + 222, 552), (258 + 124 * head, 618), hue=hue)
    sheet.note((24, 640), "weights · V,")
    sheet.note((24, 664), "side by side")
    sheet.matrix(196, 620, n["joined"][:, :2], GREEN, cell=(62, 32), digits=2)
    sheet.matrix(320, 620, n["joined"][:, 2:], WARM, cell=(62, 32), digits=2)
    sheet.arrow((320, 684), (320, 840), hue=BLUE)
    sheet.matrix(372, 696, n["wo"], BLUE, cell=(40, 32))
    sheet.say((346, 760), "·", bold=True)
    sheet.say((562, 760), "W_O")
    sheet.note((24, 874), "2 tokens of 4")
    sheet.matrix(196, 842, n["out"], BLUE, cell=(62, 32), digits=2)
    return sheet
