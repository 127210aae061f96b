"""Dates: the ISO form is the day written, and each part of it is aligned with its source."""

from datetime import date

import pytest
import torch

from companion.data.text.dates import FORMATS, MONTHS, WEEKDAYS, make_dates, written
from companion.data.text.sequences import PAD


def read(text):
    """The day a written date means, by a way of its own: words and numbers, not formats."""
    if text.count(".") == 2:
        day, month, year = map(int, text.split("."))
        return date(year, month, day)
    words = text.replace(",", " ").split()
    (month,) = [
        i
        for i, name in enumerate(MONTHS, start=1)
        if any(word in (name, name[:3]) for word in words)
    ]
    numbers = [int(word.rstrip("stndrh")) for word in words if word[0].isdigit()]
    year, day = max(numbers), min(numbers)
    return date(year, month, day)


def test_every_target_is_the_day_that_was_written():
    dates = make_dates(2000, seed=0)
    for index in range(len(dates)):
        source, target = dates.texts(index)
        day = read(source)
        assert target == day.isoformat()
        for number, name in enumerate(WEEKDAYS):
            if name in source:
                assert day.weekday() == number


@pytest.mark.parametrize(
    ("day", "th"),
    [
        *[(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th")],
        *[(13, "13th"), (21, "21st"), (22, "22nd"), (23, "23rd"), (30, "30th")],
    ],
)
def test_ordinals(day, th):
    assert written(date(2019, 3, day), "the {d}{th} of {m} {y}")[0] == f"the {th} of March 2019"


def test_every_format_occurs_and_no_date_twice():
    dates = make_dates(3000, seed=0)
    sources = [dates.texts(i)[0] for i in range(len(dates))]
    assert len(set(sources)) == 3000
    march = date(2019, 3, 7)
    forms = {written(march, pattern)[0] for pattern in FORMATS}
    assert len(forms) == len(FORMATS) == 9
    shapes = {"".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in s) for s in forms}
    assert len(shapes) == 9


def test_the_alignment_is_by_part():
    dates = make_dates(200, seed=1)
    for index in range(len(dates)):
        source, target = dates.texts(index)
        rows = dates.alignment[index]
        picked = ["".join(source[i] for i in row.nonzero().flatten()) for row in rows]
        year, month, day = target.split("-")
        assert picked[:4] == [year] * 4
        assert picked[4] == picked[7] == ""
        assert picked[8] == picked[9] == str(int(day))
        assert picked[5] == picked[6]
        number = picked[5]
        names = [str(int(month)), MONTHS[int(month) - 1], MONTHS[int(month) - 1][:3]]
        assert number in names


def test_the_seed_decides():
    one, same, other = (make_dates(50, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one.sources, same.sources)
    assert torch.equal(one.targets, same.targets)
    assert not torch.equal(one.targets, other.targets)


def test_the_dates_of_seed_0_never_change():
    dates = make_dates(3, seed=0)
    assert [dates.texts(i)[0] for i in range(3)] == [
        "July 16, 2009",
        "2066 January 6",
        "2018 January 22",
    ]


def test_padding_comes_last():
    dates = make_dates(50, seed=0)
    used = dates.sources != PAD
    assert (used.int().diff(dim=1) <= 0).all()
    assert torch.equal(used.sum(1), dates.lengths)
    assert (dates.source_parts[~used] == 0).all()


@pytest.mark.parametrize(
    ("count", "seed", "words"),
    [(0, 0, "count=0"), (5, -1, "seed=-1"), (657_442, 0, "657,441 different dates")],
)
def test_invalid_arguments(count, seed, words):
    with pytest.raises(ValueError, match=words):
        make_dates(count, seed=seed)
