"""Panels: as many as asked for, in reading order, in the book's style."""

import pytest
from matplotlib.colors import same_color

from companion.viz.plots.panels import panels
from companion.viz.style import PANEL


def test_panels_stand_in_reading_order_on_one_figure():
    axes = panels(2, 2, height=3.0)
    figure = axes[0].figure
    assert figure.axes == axes
    assert figure.get_size_inches().tolist() == [5.0, 3.0]
    figure.draw_without_rendering()
    (a, b, c, _) = (ax.get_position() for ax in axes)
    assert a.x0 < b.x0
    assert a.y0 > c.y0
    assert not axes[0].spines["top"].get_visible()
    assert same_color(axes[0].get_facecolor(), PANEL)


def test_a_shared_axis_moves_together():
    top, low = panels(2, height=3.0, share_x=True)
    top.set_xlim(0, 7)
    assert low.get_xlim() == (0, 7)


def test_no_panels_is_an_error():
    with pytest.raises(ValueError, match="rows=0, columns=1"):
        panels(0, height=1.0)
