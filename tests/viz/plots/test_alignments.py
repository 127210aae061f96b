"""Alignments below each other: each with its name and pieces, cells of one size, one scale."""

import pytest
import torch

from companion.viz.plots.alignments import show_alignments


def test_each_model_has_its_panel():
    one, other = torch.rand(3, 2), torch.rand(2, 2)
    axes = show_alignments({"one": (one, "ab", ["▁x", "y", "z"]), "other": (other, "ab", "xy")})
    assert [ax.get_title(loc="left") for ax in axes] == ["one", "other"]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["x", "y", "z"]
    for ax, weights in zip(axes, (one, other), strict=True):
        (image,) = ax.images
        torch.testing.assert_close(torch.tensor(image.get_array().data), weights)
        assert image.get_clim() == (0, 1)
    assert axes[0].get_gridspec().get_height_ratios() == [3, 2]


def test_nothing_to_show_and_pieces_that_do_not_fit():
    with pytest.raises(ValueError, match="no alignments"):
        show_alignments({})
    with pytest.raises(ValueError, match="3 target and 2 source"):
        show_alignments({"one": (torch.rand(2, 2), "ab", "xyz")})
