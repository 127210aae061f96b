"""Positions: the table as given, four of its rows as waves, products by distance."""

import pytest
import torch

from companion.parts import sinusoids
from companion.viz.plots.positions import show_positions


def test_table_waves_and_products():
    table = sinusoids(20, 16)
    top, middle, low = show_positions(table)
    (image,) = top.images
    torch.testing.assert_close(torch.tensor(image.get_array().data), table.T)
    assert [text.get_text() for text in middle.texts].count("number 2") == 1
    for line, number in zip(middle.lines, (0, 2, 4, 6), strict=True):
        assert line.get_ydata() == pytest.approx(table[:, number].tolist())
    near, far = (torch.as_tensor(line.get_ydata()) for line in low.lines)
    torch.testing.assert_close(near.float(), table @ table[0])
    assert len(far) == 10


@pytest.mark.parametrize("shape", [(20,), (20, 6), (1, 16)])
def test_a_table_that_cannot_be_shown(shape):
    with pytest.raises(ValueError, match=r"expected \(n, d\)"):
        show_positions(torch.zeros(shape))
