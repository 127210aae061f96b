"""Maps of shares by displacement: one scale, the right way up, a dot in the middle."""

import pytest
import torch

from companion.viz import show_shifts


def test_each_map_is_drawn_on_one_scale_with_its_middle_marked():
    first = torch.zeros(5, 5)
    first[0, 3] = 1.0
    axes = show_shifts({"one": first, "two": torch.full((5, 5), 0.9)}, label="share")
    for ax, name in zip(axes, ("one", "two"), strict=False):
        (picture,) = ax.get_images()
        assert picture.get_clim() == (0, 1)
        assert picture.get_extent() == [-2.5, 2.5, 2.5, -2.5]
        (dot,) = ax.get_lines()
        assert (list(dot.get_xdata()), list(dot.get_ydata())) == ([0], [0])
        assert ax.get_title() == name
    shown = axes[0].get_images()[0].get_array()
    assert shown[0, 3] == 1  # two up, one to the right
    assert [t.get_text() for t in axes[0].get_xticklabels()] == ["\N{MINUS SIGN}2", "0", "2"]
    assert not axes[2].axison
    bar = axes[0].figure.axes[-1]
    assert bar.get_xlabel() == "share"
    dark, light = (ax.get_lines()[0].get_color() for ax in axes[:2])
    assert dark != light


def test_what_is_no_map_is_refused():
    with pytest.raises(ValueError, match="maps none"):
        show_shifts({}, label="share")
    for shape in ((3, 5), (4, 4), (3,)):
        with pytest.raises(ValueError, match=r"'one': \("):
            show_shifts({"one": torch.zeros(shape)}, label="share")
