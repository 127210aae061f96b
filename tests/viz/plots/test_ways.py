"""Networks as graphs: the shortest way, drawn and counted."""

import pytest

from companion.viz.plots.ways import shortest, show_ways

CHAIN = [((0, i), (1, i)) for i in range(4)] + [((1, i), (1, i + 1)) for i in range(3)]
LOOK = [((0, i), (1, 3)) for i in range(4)]


def test_a_shortest_way_is_found_among_longer_ones():
    assert shortest(CHAIN, (0, 0), (1, 3)) == [(0, 0), (1, 0), (1, 1), (1, 2), (1, 3)]
    detour = [*LOOK, ((0, 0), (1, 0)), ((1, 0), (1, 3))]
    assert shortest(detour, (0, 0), (1, 3)) == [(0, 0), (1, 3)]
    assert shortest(CHAIN, (0, 2), (0, 2)) == [(0, 2)]


def test_steps_are_counted_in_the_titles_and_drawn():
    axes = show_ways({"chain": CHAIN, "look": LOOK}, "abcd")
    assert [ax.get_title() for ax in axes] == ["chain: 4 steps", "look: 1 step"]
    way = axes[0].get_lines()[-1]
    assert list(zip(way.get_ydata(), way.get_xdata(), strict=True)) == shortest(
        CHAIN, (0, 0), (1, 3)
    )
    assert [label.get_text() for label in axes[0].get_xticklabels()] == list("abcd")


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="0 networks"):
        show_ways({}, "abcd")
    with pytest.raises(ValueError, match=r"no way leads from node \(0, 0\) to node \(1, 3\)"):
        show_ways({"broken": LOOK[1:]}, "abcd")
