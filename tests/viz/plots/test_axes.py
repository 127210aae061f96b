"""Every plot draws on the axes it is given, or on its own."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_rgb

from companion import viz
from companion.viz.style import PANEL

DRAW = {
    "attention": lambda ax: viz.show_attention(torch.rand(1, 8, 8), torch.rand(4, 4), ax=ax),
    "heads": lambda ax: viz.show_heads(torch.rand(1, 8, 8), torch.rand(2, 3, 4, 4), ax=ax),
    "query": lambda ax: viz.show_query(torch.rand(1, 8, 8), torch.rand(4, 4), 1, 2, ax=ax),
    "layers": lambda ax: viz.show_by_layer(torch.rand(3, 4), y_label="y", ax=ax),
    "matrix": lambda ax: viz.show_matrix(torch.rand(3, 4), x_label="x", y_label="y", ax=ax),
}


@pytest.mark.parametrize("name", DRAW)
def test_every_plot_draws_on_the_axes_it_is_given_or_its_own(name):
    (ax,) = viz.figure()
    assert DRAW[name](ax) is ax
    ax.figure.canvas.draw()
    before = dict(plt.rcParams)
    own = DRAW[name](None)
    own.figure.canvas.draw()
    assert own.figure.get_facecolor()[:3] == to_rgb(PANEL)
    assert dict(plt.rcParams) == before
