"""Heads between symbols: a panel each, one scale, symbols in their places."""

import pytest
import torch

from companion.viz import show_text_heads


def test_each_head_has_its_panel_and_all_one_scale():
    cross, own = torch.rand(3, 2, 4), torch.rand(3, 2, 2)
    axes = show_text_heads({"cross": (cross, "ab", "cd e"), "own": (own, "ab", "ab")})
    assert [ax.get_title() for ax in axes] == ["cross", "own", *[""] * 4]
    assert [ax.get_ylabel() for ax in axes[::2]] == ["head 1", "head 2", "head 3"]
    for place, ax in enumerate(axes):
        (image,) = ax.images
        weights = (cross, own)[place % 2][place // 2]
        torch.testing.assert_close(torch.tensor(image.get_array().data), weights)
        assert image.get_clim() == (0, 1)
        assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in axes[4].get_xticklabels()] == ["c", "d", "␣", "e"]


def test_symbols_that_do_not_fit():
    with pytest.raises(ValueError, match="expected \\(heads, queries, keys\\)"):
        show_text_heads({"one": (torch.rand(2, 4), "ab", "cdef")})
    one, other = torch.rand(1, 2, 2), torch.rand(2, 2, 2)
    with pytest.raises(ValueError, match="as many heads in each"):
        show_text_heads({"one": (one, "ab", "ab"), "other": (other, "ab", "ab")})
    with pytest.raises(ValueError, match=r"weights have shapes \{\}"):
        show_text_heads({})
    with pytest.raises(ValueError, match="2 target and 3 source symbols"):
        show_text_heads({"one": (torch.rand(1, 2, 4), "ab", "cde")})
