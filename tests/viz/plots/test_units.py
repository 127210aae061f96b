"""Pictures of hidden units show each weight at its place, and lines go where partners are."""

import numpy as np
import pytest
import torch

from companion import viz


def test_units_lie_in_rows_each_layer_on_its_own_scale():
    torch.manual_seed(0)
    layers = {"layer 1": torch.randn(6, 4, 5), "layer 2": 100 * torch.randn(3, 4, 5)}
    ax = viz.show_units(layers, columns=3, scale="weight")
    shown = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert shown.shape == (2 * 4 + 1 + 3 + 4, 3 * 5 + 2)  # two rows, a gap, three gaps, one row
    first = layers["layer 1"] / layers["layer 1"].abs().max()
    np.testing.assert_allclose(shown[:4, 6:11], first[1])
    np.testing.assert_allclose(shown[5:9, :5], first[3])
    second = layers["layer 2"] / layers["layer 2"].abs().max()
    np.testing.assert_allclose(shown[-4:, 12:], second[2])
    assert np.isnan(shown[4]).all()
    assert ax.images[0].get_clim() == (-1, 1)
    said = [text.get_text() for text in ax.texts]
    most = layers["layer 2"].abs().max()
    assert said[::2] == ["layer 1", "layer 2"]
    assert said[3] == f"weight ±{most:.2g}"


def test_without_a_scale_none_is_printed():
    ax = viz.show_units({"layer 1": torch.randn(2, 3, 3)})
    assert [text.get_text() for text in ax.texts] == ["layer 1"]


@pytest.mark.parametrize(
    ("layers", "columns", "words"),
    [
        ({}, 8, "0 layers"),
        ({"a": torch.zeros(2, 3, 3)}, 0, "columns=0"),
        ({"a": torch.zeros(2, 9)}, 8, r"'a': \(2, 9\)"),
        ({"a": torch.zeros(2, 3, 3), "b": torch.zeros(2, 4, 4)}, 8, "of one grid"),
        ({"a": torch.zeros(0, 3, 3)}, 8, r"\(0, 3, 3\)"),
    ],
)
def test_other_shapes_are_refused(layers, columns, words):
    with pytest.raises(ValueError, match=words):
        viz.show_units(layers, columns=columns)


def test_lines_join_each_place_with_its_partner_and_neighbours_are_coloured():
    ax = viz.show_partners(torch.tensor([1, 3, 5, 0, 4, 3]), columns=3)
    *lines, dots = ax.lines
    ends = [list(zip(*line.get_data(), strict=True)) for line in lines]
    assert ends[0] == [(0, 0), (1, 0)]
    assert ends[1] == [(1, 0), (0, 1)]  # a diagonal
    assert ends[2] == [(2, 0), (2, 1)]
    near = [line.get_color() == viz.COLORS["vermilion"] for line in lines]
    assert near == [True, False, True, True, False, False]
    assert len(dots.get_xdata()) == 6
    bottom, top = ax.get_ylim()
    assert bottom > top  # row 0 is above


def test_places_that_fill_no_rows_are_refused():
    with pytest.raises(ValueError, match="5 places do not fill rows of 3"):
        viz.show_partners(torch.arange(5), columns=3)
