"""A drawing made into what MNIST's images are, in a real browser; and what the page states."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
THREE = [[8, 8], [12, 5], [17, 6], [18, 10], [13, 13], [18, 16], [18, 20], [13, 23], [8, 21]]
SEVEN = [[8, 6], [14, 6], [20, 6], [17, 12], [14, 18], [12, 24]]


def prepared(page: Any, *strokes: list[list[float]]) -> torch.Tensor:
    found = page.evaluate("strokes => Array.from(digitOf(strokes).pixels)", list(strokes))
    return torch.tensor(found).reshape(28, 28)


def moved(stroke: list[list[float]], zoom: float, across: float, down: float) -> list[list[float]]:
    return [[zoom * x + across, zoom * y + down] for x, y in stroke]


@pytest.mark.parametrize("stroke", [THREE, SEVEN, [[5, 14], [23, 14]]])
def test_a_drawing_fills_the_box_with_its_mass_in_the_middle(stroke: Any, page: Any) -> None:
    pixels = prepared(page, stroke)
    assert pixels.min() >= 0
    assert pixels.max() <= 1
    assert pixels.max() > 0.99
    inked = (pixels > 0.02).nonzero()
    longer = (inked.max(0).values - inked.min(0).values + 1).max()
    assert 20 <= longer <= 21
    places = torch.arange(28.0)
    for axis in (0, 1):
        centre = (pixels.sum(axis) * places).sum() / pixels.sum()
        assert centre == pytest.approx(14, abs=0.15)


@pytest.mark.parametrize("where", [(0.5, 0, 0), (0.5, 14, 13), (1.1, -2, -1.5), (0.8, 5, 0)])
def test_it_does_not_matter_where_and_how_large_one_draws(
    where: tuple[float, float, float], page: Any
) -> None:
    off = (prepared(page, moved(THREE, *where)) - prepared(page, THREE)).abs()
    assert off.mean() < 0.01
    assert off.max() < 0.3
    other = (prepared(page, SEVEN) - prepared(page, THREE)).abs()
    assert other.mean() > 0.05


def test_strokes_are_as_thick_as_mnists(page: Any) -> None:
    upright = prepared(page, [[14, 4], [14, 14], [14, 24]])
    assert upright.sum(1)[10:18].mean() == pytest.approx(2.6, abs=0.1)
    dot = prepared(page, [[3, 3]])
    assert dot.sum() == pytest.approx(torch.pi * 1.3**2, rel=0.05)
    assert prepared(page).sum() == 0


def test_the_frame_holds_the_drawing(page: Any) -> None:
    drawing = moved(SEVEN, 0.5, 10, 2)
    found = page.evaluate("strokes => digitOf(strokes).frame", [drawing])
    assert found["size"] == pytest.approx(0.5 * 28 * 18 / (20 - 2.6), rel=0.01)
    pixels = prepared(page, drawing)
    first = torch.tensor(drawing[0])  # the seven's corner, back in the model's pixels
    place = (first - torch.tensor([found["left"], found["top"]])) * 28 / found["size"]
    assert pixels[int(place[1]), int(place[0])] > 0.9


def test_strokes_over_a_picked_digit_move_nothing(page: Any) -> None:
    base = torch.zeros(28, 28)
    base[2:6, 2:6] = 0.5
    found = page.evaluate(
        "([base, strokes]) => Array.from(digitOver(Float32Array.from(base), strokes).pixels)",
        [base.flatten().tolist(), [[[20, 8], [20, 20]]]],
    )
    pixels = torch.tensor(found).reshape(28, 28)
    assert (pixels[2:6, 2:6] == 0.5).all()
    assert pixels[10:18, 19:21].min() > 0.99
    assert pixels[:, 10:18].sum() == 0


def test_small_digits_are_made_as_mnists_are() -> None:
    from live_digits import as_mnist, picks

    found = list(picks())
    assert [label for label, _ in found] == sorted([*range(10)] * 2)
    for _, pixels in found:
        inked = np.argwhere(pixels > 0)
        assert max(np.ptp(inked, axis=0) + 1) in (19, 20)
        mass = pixels.astype(float)
        for axis in (0, 1):
            centre = (mass.sum(axis) * np.arange(28)).sum() / mass.sum()
            assert centre == pytest.approx(14, abs=0.51)
    image = torch.zeros(8, 8)
    image[1:7, 3] = 1.0
    assert as_mnist(image).sum(0).argmax() in (13, 14)


def test_a_page_with_unknown_marks_is_refused() -> None:
    from live import fill_live

    with pytest.raises(ValueError, match="accuracy"):
        fill_live("<!-- live: weather -->", ROOT / "book")
    filled = fill_live("It reads <!-- live: accuracy -->.", ROOT / "book")
    record = json.loads((ROOT / "book" / "weights" / "04_vit_mnist.json").read_text())
    assert filled == f"It reads {100 * record['test_accuracy']:.1f} %."
