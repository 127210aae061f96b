"""Chapter 10: one shell with a socket and what fits into it, and six mixers with numbers."""

import numpy as np
from shapes import BLUE, GREEN, MUTED, PLUM, WARM, Sheet, mixed

PLACES = 9  # of a grid of three by three


def softmax(scores: np.ndarray) -> np.ndarray:
    """Rows that sum to one."""
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def taken() -> dict[str, np.ndarray]:
    """What each of nine places takes from each, from -1 to 1: sketches, drawn from one seed."""
    draw = np.random.default_rng(4)
    y, x = np.divmod(np.arange(PLACES), 3)
    down, right = y[None] - y[:, None], x[None] - x[:, None]
    near = (abs(down) <= 1) & (abs(right) <= 1)
    step = np.where(abs(down) + abs(right) == 1, 0.6, 0)
    kernel = draw.uniform(-1, 1, (5, 5))
    waves = np.cos(2 * np.pi * np.outer(range(PLACES), range(PLACES)) / PLACES)
    learned = softmax(2.2 * draw.standard_normal((PLACES, PLACES)))
    asked = softmax(2.6 * draw.standard_normal((PLACES, PLACES)))
    frozen = softmax(2.0 * draw.standard_normal((PLACES, PLACES)))
    return {
        "attention": asked / asked.max(),
        "learned weights": learned / learned.max(),
        "frozen weights": frozen / frozen.max(),
        "even weights": np.full((PLACES, PLACES), 0.3),
        "token MLP": draw.uniform(-1, 1, (PLACES, PLACES)),
        "convolution": np.where(near, kernel[down + 2, right + 2], 0),
        "shift": step,
        "Fourier": waves,
        "none": np.zeros((PLACES, PLACES)),
    }


WORDS = {
    "attention": "asks the image",
    "learned weights": "learned, for all",
    "frozen weights": "drawn by chance",
    "even weights": "the mean of all",
    "token MLP": "learned, for all",
    "convolution": "one kernel for all",
    "shift": "from neighbours",
    "Fourier": "fixed waves",
    "none": "takes nothing",
}


def model() -> Sheet:
    """The shell from top to bottom, then the nine that fit into its socket."""
    sheet = Sheet(
        968,
        "One shell, many mixers",
        "Patches become tokens with learned positions. Two blocks follow. In each, a norm and a "
        "mixer, whose output is added to its input, then a norm and a channel MLP, whose output "
        "is added too. The mean of all tokens goes through a linear map to the classes. In the "
        "place of the mixer is an empty socket. Nine mixers fit into it: attention, learned, "
        "frozen and even weights, a token MLP, a convolution, a shift, a Fourier transform, and "
        "none. Each is drawn as a table of what nine places take from each other.",
    )
    sheet.box(24, 24, 180, 48, "patches", PLUM)
    sheet.arrow((204, 48), (222, 48))
    sheet.box(224, 24, 190, 48, "tokens + places", PLUM)
    sheet.line((414, 48), (520, 48), (520, 84), (46, 84))
    sheet.arrow((46, 84), (46, 168))
    sheet.box(24, 100, 592, 146, hue=MUTED, tint=0.05)
    sheet.say((588, 124), "× 2", bold=True)
    half(sheet, 40, "mixer", WARM, dashed=True)
    half(sheet, 322, "MLP", BLUE)
    sheet.line((584, 194), (604, 194), (604, 264), (46, 264))
    sheet.arrow((46, 264), (46, 280))
    sheet.box(24, 282, 160, 48, "mean", GREEN)
    sheet.arrow((184, 306), (202, 306), hue=GREEN)
    sheet.box(204, 282, 160, 48, "linear", GREEN)
    sheet.arrow((364, 306), (382, 306), hue=GREEN)
    sheet.say((392, 306), "classes", anchor="start")
    sheet.note((24, 358), "What fits into the socket. Row: the place that takes;")
    sheet.note((24, 384), "column: the place it takes from.")
    for index, (name, table) in enumerate(taken().items()):
        row, column = divmod(index, 3)
        plug(sheet, 24 + 204 * column, 404 + 182 * row, name, table)
    sheet.note((24, 948), "orange is added, blue subtracted; all are sketches")
    return sheet


def half(sheet: Sheet, x: float, name: str, hue: str, *, dashed: bool = False) -> None:
    """A norm, a layer, and the sum around both."""
    sheet.arrow((x - 12, 194), (x + 12, 194))
    sheet.line((x + 2, 194), (x + 2, 140), (x + 249, 140))
    sheet.arrow((x + 249, 140), (x + 249, 180))
    sheet.box(x + 14, 170, 66, 48, hue=MUTED)
    sheet.say((x + 47, 194), "norm", size=20)
    sheet.arrow((x + 80, 194), (x + 94, 194))
    sheet.box(x + 96, 170, 128, 48, hue=hue, tint=0.3, dashed=dashed)
    sheet.say((x + 160, 194), name, size=20, bold=True)
    sheet.line((x + 224, 194), (x + 236, 194))
    sheet.plus(x + 249, 194, hue)


def plug(sheet: Sheet, x: float, y: float, name: str, table: np.ndarray) -> None:
    """A mixer as the table of what places take from each other."""
    cell = 11
    side = PLACES * cell
    sheet.cell(x, y, side, side, mixed(MUTED, 0.1))
    shapes: dict[str, str] = {}
    for (row, column), value in np.ndenumerate(np.round(4 * table) / 4):
        if value:
            fill = mixed(WARM if value > 0 else BLUE, abs(value))
            square = f"M{x + column * cell:g} {y + row * cell:g}h{cell}v{cell}h-{cell}z"
            shapes[fill] = shapes.get(fill, "") + square
    for fill, shape in shapes.items():
        sheet.pieces.append(f'<path d="{shape}" fill="{fill}"/>')
    sheet.say((x, y + side + 20), name, size=20, anchor="start", bold=True)
    sheet.note((x, y + side + 44), WORDS[name])


X = np.array([[2.0, 0, 1, 1], [0, 2, 1, -1], [1, 1, -1, 0], [1, -1, 1, 2]])
KERNEL = np.array([[0, 0.5, 0], [0, 0.5, 0], [0, 0, 0]])  # above, and the place itself


def numbers() -> dict[str, np.ndarray]:
    """Four patches of a two by two grid, four channels each, through six mixers."""
    grid = np.pad(X.reshape(2, 2, 4), ((1, 1), (1, 1), (0, 0)))

    def of(down: int, right: int) -> np.ndarray:
        return grid[1 + down : 3 + down, 1 + right : 3 + right].reshape(4, 4)

    shifted = [of(*step)[:, i] for i, step in enumerate(((0, -1), (0, 1), (-1, 0), (1, 0)))]
    kernel = [KERNEL[i, j] * of(i - 1, j - 1) for i in range(3) for j in range(3)]
    return {
        "none": np.zeros_like(X),
        "even weights": np.full((4, 4), 0.25) @ X,
        "shift": np.stack(shifted, axis=1),
        "convolution": np.sum(kernel, axis=0),
        "Fourier": np.fft.fft2(X, norm="ortho").real,
        "attention": softmax(X @ X.T / 2) @ X,
    }


def heard() -> dict[str, list[bool]]:
    """For each mixer, which patches' output changes with the first patch's numbers."""
    before, kept = numbers(), X.copy()
    X[0] += [0.3, -0.2, 0.7, 0.1]
    after = numbers()
    X[:] = kept
    return {n: (abs(after[n] - before[n]) > 1e-9).any(axis=1).tolist() for n in before}


NOTES = {
    "none": "zeros",
    "even weights": "the mean",
    "shift": "a channel a side",
    "convolution": "½ own, ½ ↑",
    "Fourier": "waves, both ways",
    "attention": "by likeness",
}


def mechanism() -> Sheet:
    """The same four patches through six mixers; who hears of the first one is tinted."""
    sheet = Sheet(
        816,
        "Six mixers with numbers",
        "Four patches of a grid of two by two, with four numbers each, and what six mixers make "
        "of them, before it is added. None gives zeros. Even weights give each patch the mean of "
        "all. A shift takes each channel from another side. A convolution takes half of its own "
        "and half of what is above. A Fourier transform mixes all with waves. Attention weighs "
        "all by likeness. The rows that change when the first patch changes are tinted.",
    )
    sheet.say((124, 40), "X: 4 patches", bold=True)
    sheet.matrix(24, 58, X, MUTED, cell=(50, 36))
    for i, place in enumerate(("top left", "top right", "low left", "low right")):
        sheet.note((234, 76 + 36 * i), place)
    sheet.note((340, 76), "← change this one:")
    sheet.note((340, 112), "which rows below")
    sheet.note((340, 148), "change with it?")
    sheet.cell(340, 172, 30, 22, mixed(WARM, 0.45))
    sheet.note((380, 184), "these")
    hears = heard()
    for index, (name, out) in enumerate(numbers().items()):
        row, column = divmod(index, 2)
        x, y = 24 + 304 * column, 262 + 188 * row
        sheet.say((x, y - 20), name, anchor="start", bold=True)
        sheet.note((x + 288, y - 20), NOTES[name], anchor="end")
        sheet.matrix(x, y, out, MUTED, cell=(72, 36), digits=2)
        tint(sheet, x, y, hears[name])
    return sheet


def tint(sheet: Sheet, x: float, y: float, rows: list[bool]) -> None:
    """Lay a colour below the numbers of some rows of the matrix that was drawn last."""
    last = max(i for i, piece in enumerate(sheet.pieces) if piece.startswith("<rect") and
               f'x="{x:g}" y="{y:g}" width="288"' in piece and "stroke" not in piece)  # fmt: skip
    cells = [
        f'<rect x="{x:g}" y="{y + 36 * i:g}" width="288" height="36" fill="{mixed(WARM, 0.45)}"/>'
        for i, row in enumerate(rows)
        if row
    ]
    sheet.pieces[last + 1 : last + 1] = cells
