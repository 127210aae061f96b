"""Dates as people write them, and as ISO 8601 writes them: "7 March 2019" -> "2019-03-07"."""

from datetime import date

import numpy as np
import torch
from torch import Tensor

from companion.checks import require_positive, require_seed
from companion.data.text.sequences import BEGIN, END, SequenceSet, Vocabulary

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A field between braces, y, m or d, is what the ISO date is made of; the rest is ornament.
FORMATS = (
    "{d} {m} {y}",
    "{m} {d}, {y}",
    "{weekday}, {d} {m} {y}",
    "{weekday}, {m} {d}, {y}",
    "the {d}{th} of {m} {y}",
    "{short} {d}{th}, {y}",
    "{d} {short} {y}",
    "{y} {m} {d}",
    "{d}.{number}.{y}",
)
PARTS = {"y": 1, "m": 2, "short": 2, "number": 2, "d": 3}
ISO_PARTS = (1, 1, 1, 1, 0, 2, 2, 0, 3, 3)
FIRST, LAST = date(1900, 1, 1), date(2099, 12, 31)
SOURCE_SYMBOLS = tuple(sorted({*"0123456789 ,.", *"thesndrof", *"".join((*MONTHS, *WEEKDAYS))}))
TARGET_SYMBOLS = tuple("0123456789-")


def make_dates(count: int, *, seed: int) -> SequenceSet:
    """`count` written dates from 1900 to 2099 and the same in ISO 8601, no two written alike.

    The alignment is by part: the four digits of the year come from the year as written, the two
    of the month from the month's name or number, the two of the day from the day; hyphens come
    from nowhere.

    Raises:
        ValueError: `count` is below 1 or above the number of different dates, or `seed` negative.
    """
    require_positive(count=count)
    require_seed(seed)
    days = LAST.toordinal() - FIRST.toordinal() + 1
    if count > days * len(FORMATS):
        raise ValueError(
            f"count={count:,}: {days:,} days in {len(FORMATS)} formats give "
            f"{days * len(FORMATS):,} different dates"
        )
    chosen = np.random.default_rng(seed).permutation(days * len(FORMATS))[:count]
    source_vocabulary, target_vocabulary = Vocabulary(SOURCE_SYMBOLS), Vocabulary(TARGET_SYMBOLS)
    sources, source_parts, targets = [], [], []
    for number in chosen.tolist():
        day = date.fromordinal(FIRST.toordinal() + number % days)
        text, parts = written(day, FORMATS[number // days])
        sources.append(source_vocabulary.encode(text))
        source_parts.append(parts)
        targets.append([BEGIN, *target_vocabulary.encode(day.isoformat()), END])
    return SequenceSet(
        _padded(sources),
        torch.tensor(targets),
        _padded(source_parts),
        torch.tensor(ISO_PARTS).expand(count, -1),
        source_vocabulary,
        target_vocabulary,
    )


def written(day: date, pattern: str) -> tuple[str, list[int]]:
    """A date in one of `FORMATS`, and for each character the part it belongs to.

    Parts are 1 for the year, 2 for the month, 3 for the day and 0 for the rest.
    """
    last = day.day % 10 if day.day not in (11, 12, 13) else 0
    fields = {
        "y": str(day.year),
        "m": MONTHS[day.month - 1],
        "short": MONTHS[day.month - 1][:3],
        "number": str(day.month),
        "d": str(day.day),
        "th": {1: "st", 2: "nd", 3: "rd"}.get(last, "th"),
        "weekday": WEEKDAYS[day.weekday()],
    }
    text, parts = "", []
    for piece in pattern.replace("}", "{").split("{"):
        shown = fields.get(piece, piece)
        text += shown
        parts += [PARTS.get(piece, 0)] * len(shown)
    return text, parts


def _padded(rows: list[list[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [0] * (longest - len(row)) for row in rows])
