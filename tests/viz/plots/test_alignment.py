"""Alignment plots and the animation: right numbers in right places, small, and described."""

import io

import pytest
import torch
from PIL import Image

from companion.inspection import AttentionMap
from companion.viz import alignment_matrix, animate_decoding, show_alignment
from companion.viz.plots.alignment import _lines

SOURCE, TARGET = list("7 May"), list("05-")


def weights(t=3, s=5):
    return torch.rand(t, s, generator=torch.Generator().manual_seed(0)).softmax(-1)


def test_the_matrix_has_a_row_for_each_step():
    steps = [AttentionMap("attention", torch.rand(2, 3, 1, 5), None) for _ in range(4)]
    matrix = alignment_matrix(steps)
    assert matrix.shape == (2, 4, 5)
    for t, step in enumerate(steps):
        torch.testing.assert_close(matrix[:, t], step.weights[:, :, 0].mean(1))


def test_maps_that_are_no_steps():
    one = AttentionMap("attention", torch.rand(2, 1, 1, 5), None)
    square = AttentionMap("attention", torch.rand(2, 1, 5, 5), None)
    for maps in ([], [square], [one, square]):
        with pytest.raises(ValueError, match="expected one for each step"):
            alignment_matrix(maps)


def test_rows_are_written_and_columns_read():
    ax = show_alignment(weights(), SOURCE, TARGET, known=torch.eye(3, 5).roll(1, 1).bool())
    assert ax.images[0].get_array().shape == (3, 5)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["7", "␣", "M", "a", "y"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "5", "-"]
    frames = sorted((round(p.get_x() + 0.5), round(p.get_y() + 0.5)) for p in ax.patches)
    assert frames == [(1, 0), (2, 1), (3, 2)]  # (column, row)
    assert ax.images[0].get_clim() == (0, 1)


def test_an_alignment_that_does_not_fit():
    with pytest.raises(ValueError, match=r"shape \(3, 5\) for 3 target and 4 source"):
        show_alignment(weights(), SOURCE[:4], TARGET)
    with pytest.raises(ValueError, match=r"shape \(5, 3\)"):
        show_alignment(weights(), SOURCE, TARGET, known=torch.ones(5, 3).bool())


def test_an_animation_has_a_frame_for_each_step():
    animation = animate_decoding(weights(), SOURCE, TARGET, description="A date being written")
    assert animation.frames == 3
    with Image.open(io.BytesIO(animation.moving)) as sheet:
        height = sheet.height // 3
        rows = [sheet.crop((0, height * k, sheet.width, height * (k + 1))) for k in range(3)]
        assert len({row.convert("RGB").tobytes() for row in rows}) == 3
        size = (sheet.width, height)
    with Image.open(io.BytesIO(animation.still)) as still:
        assert still.size == size
    assert animation.description == "A date being written"


def test_a_line_is_as_strong_as_its_weight():
    one = torch.zeros(1, 5)
    one[0, 4] = 1.0
    ax = _lines(one.tolist(), SOURCE, ["5"], [0]).axes[0]
    (line,) = ax.lines
    assert line.get_xdata().tolist() == [4, 2]  # from the last source symbol to the middle
    assert line.get_linewidth() == 4.0
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["7", "␣", "M", "a", "y", "5", "read", "written"]


def test_a_long_animation_stays_small():
    long = animate_decoding(weights(16, 28), "x" * 28, "y" * 16, description="Long and busy lines")
    assert len(long.moving) + len(long.still) < 500_000


def test_figures_are_closed():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    animate_decoding(weights(), SOURCE, TARGET, description="A date being written")
    assert plt.get_fignums() == before


def test_an_animation_that_does_not_fit():
    with pytest.raises(ValueError, match=r"shape \(3, 5\) for 2 target"):
        animate_decoding(weights(), SOURCE, TARGET[:2], description="A date being written")
    with pytest.raises(ValueError, match="described as ''"):
        animate_decoding(weights(), SOURCE, TARGET, description="")
