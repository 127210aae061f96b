"""A search as a tree: ranks from left to right, the answer coloured, the dropped grey."""

import pytest

from companion.viz import show_search
from companion.viz.plots.search import DROPPED
from companion.viz.style import COLORS, INK

NODES = [
    (-1, 1, "▁a", -0.9, True),
    (-1, 1, "▁b", -0.7, True),
    (0, 2, "c", -1.0, True),
    (1, 2, "d", -2.5, False),
]


def test_likelier_beginnings_stand_first_and_hues_tell_what_became_of_them():
    ax = show_search(NODES, [0, 2])
    texts = {text.get_text(): text for text in ax.texts}
    assert list(texts) == ["a\n-0.90", "b\n-0.70", "c\n-1.00", "d\n-2.50"]
    assert texts["b\n-0.70"].get_position() == (0, -1)
    assert texts["a\n-0.90"].get_position() == (1, -1)
    hues = [text.get_color() for text in texts.values()]
    assert hues == [COLORS["vermilion"], INK, COLORS["vermilion"], DROPPED]
    key = ax.get_legend()
    assert [text.get_text() for text in key.get_texts()] == ["answer", "kept", "dropped"]
    line = ax.get_lines()[2]
    assert line.get_xydata().tolist() == [[1, -1], [0, -2]]


def test_a_tree_begins_somewhere():
    with pytest.raises(ValueError, match="0 nodes"):
        show_search([], [])
    with pytest.raises(ValueError, match=r"nodes \[0\] stand before their parents"):
        show_search([(1, 2, "c", -1.0, True), (-1, 1, "a", -0.5, True)], [1])
