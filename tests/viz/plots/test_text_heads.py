"""Heads between symbols: a panel each, one scale, symbols in their places."""

import pytest
import torch

from companion.viz import show_text_heads


def test_each_head_has_its_panel_and_all_one_scale():
    weights = torch.rand(3, 2, 4)
    axes = show_text_heads(weights, "ab", "cd e", name="cross")
    assert [ax.get_title() for ax in axes] == ["cross, head 1", "head 2", "head 3"]
    for head, ax in enumerate(axes):
        (image,) = ax.images
        torch.testing.assert_close(torch.tensor(image.get_array().data), weights[head])
        assert image.get_clim() == (0, 1)
        assert [label.get_text() for label in ax.get_xticklabels()] == ["c", "d", "␣", "e"]
        assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_symbols_that_do_not_fit():
    with pytest.raises(ValueError, match="expected \\(heads, queries, keys\\)"):
        show_text_heads(torch.rand(2, 4), "ab", "cdef")
    with pytest.raises(ValueError, match="2 target and 3 source symbols"):
        show_text_heads(torch.rand(1, 2, 4), "ab", "cde")
