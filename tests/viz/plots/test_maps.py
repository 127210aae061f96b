"""Plots of heads and layers show the numbers they got."""

import numpy as np
import pytest
import torch

from companion import viz


def test_a_dot_for_each_head_at_its_layer_and_a_line_through_the_means():
    values = torch.tensor([[1.0, 3.0], [4.0, 8.0], [5.0, 6.0]])
    ax = viz.show_by_layer(values, y_label="distance (pixels)", reference=("even attention", 5.5))
    *heads, means, level = ax.lines
    assert [list(line.get_ydata()) for line in heads] == values.T.tolist()
    assert all(list(line.get_xdata()) == [1, 2, 3] for line in heads)
    assert all(line.get_linestyle() == "None" for line in heads)
    assert list(means.get_ydata()) == [2.0, 6.0, 5.5]
    assert list(level.get_ydata()) == [5.5, 5.5]
    assert [text.get_text() for text in ax.texts] == ["even attention"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("layer", "distance (pixels)")


def test_a_matrix_is_shown_as_it_is():
    matrix = torch.rand(5, 7)
    ax = viz.show_matrix(matrix, x_label="key", y_label="query")
    picture = ax.images[0]
    np.testing.assert_array_equal(picture.get_array(), matrix)
    assert picture.get_clim() == (0, matrix.max().item())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("key", "query")
    ax = viz.show_matrix(matrix, x_label="", y_label="", limits=(-1, 1))
    assert ax.images[0].get_clim() == (-1, 1)
    assert not ax.lines


def test_lines_divide_what_does_not_belong_together():
    ax = viz.show_matrix(torch.rand(4, 6), x_label="", y_label="", every=2)
    down, right = ax.lines[:1], ax.lines[1:]
    assert [line.get_ydata()[0] for line in down] == [1.5]
    assert [line.get_xdata()[0] for line in right] == [1.5, 3.5]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: viz.show_by_layer(torch.rand(3), y_label=""), r"\(3,\): expected"),
        (lambda: viz.show_by_layer(torch.rand(3, 0), y_label=""), r"\(3, 0\): expected"),
        (lambda: viz.show_matrix(torch.rand(3), x_label="", y_label=""), r"\(3,\): expected"),
        (lambda: viz.show_matrix(torch.rand(3, 3), x_label="", y_label="", every=0), "every=0"),
    ],
)
def test_bad_input_is_refused_with_the_numbers(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_named_matrix_prints_its_values():
    matrix = torch.tensor([[0.0, 1.25], [5.0, 0.5]])
    names = (["one", "two"], ["red", "blue"])
    ax = viz.show_matrix(matrix, x_label="", y_label="", names=names)
    assert [text.get_text() for text in ax.texts] == ["0.0", "1.2", "5.0", "0.5"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["red", "blue"]
    with pytest.raises(ValueError, match="names for"):
        viz.show_matrix(matrix, x_label="", y_label="", names=(["one"], ["red", "blue"]))
