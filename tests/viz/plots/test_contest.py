"""Models in a contest: dots in small multiples, what is left of them, and whom nobody beats."""

import pytest
from matplotlib.colors import to_hex

from companion import viz
from companion.viz import Mark

MARKS = {"a": Mark("blue", "o"), "b": Mark("#123456", "s")}
RUNS = {"one": {"a": [1.0, 3.0], "b": [5.0]}, "two": {"a": [2.0], "b": [4.0]}}


def test_every_panel_has_every_row_and_names_stand_once():
    left, right = viz.show_dot_panels(RUNS, x_label="%", reference="a")
    for ax, title in zip((left, right), RUNS, strict=True):
        assert ax.get_title(loc="left") == title
        assert ax.get_xlabel() == "%"
    assert [label.get_text() for label in left.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in right.get_yticklabels()] == ["", ""]
    dashed = [line for line in left.get_lines() if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in dashed] == [2.0]


def test_labels_stand_below_the_lowest_panel_of_each_column():
    panels = viz.show_dot_panels(RUNS | {"three": RUNS["one"]}, x_label="%", columns=2)
    assert [ax.get_xlabel() for ax in panels] == ["", "%", "%"]
    assert len(panels) == 3


@pytest.mark.parametrize(
    ("runs", "reference", "message"),
    [
        ({}, None, "the rows none"),
        ({"one": {"a": [1]}, "two": {"b": [1]}}, None, "give the same rows to each"),
        ({"one": {"a": [1]}}, "b", "reference='b' is no row: give one of a"),
    ],
)
def test_panels_that_do_not_fit_are_refused(runs, reference, message):
    with pytest.raises(ValueError, match=message):
        viz.show_dot_panels(runs, x_label="%", reference=reference)


def test_a_line_goes_through_the_means_and_bars_reach_to_the_ends():
    kept = {
        "blur": {"a": [[10, 4], [20, 8]], "b": [[9, 9]]},
        "noise": {"a": [[1, 2]], "b": [[3, 4]]},
    }
    strengths = {"blur": ["0", "1"], "noise": ["0", "2"]}
    first, second = viz.show_fading(kept, strengths=strengths, marks=MARKS, y_label="%", chance=5.0)
    lines = [line for line in first.get_lines() if len(line.get_xdata()) == 2]
    means = [list(line.get_ydata()) for line in lines if line.get_linestyle() == "-"]
    assert means == [[15, 6], [9, 9]]
    bars = first.collections[0].get_segments()
    assert [sorted(bar[:, 1]) for bar in bars] == [[10, 20], [4, 8]]
    assert [to_hex(line.get_color()) for line in lines if line.get_linestyle() == "-"] == [
        MARKS["a"].hue.lower(),
        "#123456",
    ]
    assert [label.get_text() for label in second.get_xticklabels()] == ["0", "2"]
    assert first.get_ylim() == second.get_ylim()
    (legend,) = first.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b"]


def test_fading_without_marks_or_values_is_refused():
    more = {"strengths": {"blur": ["0", "1"]}, "y_label": "%"}
    with pytest.raises(ValueError, match=r"models \['a'\] to draw without a mark"):
        viz.show_fading({"blur": {"a": [[1, 2]]}}, marks={}, **more)
    with pytest.raises(ValueError, match="models none to draw"):
        viz.show_fading({}, marks=MARKS, **more)
    with pytest.raises(ValueError, match=r"blur, a: 1 runs of \[3\] values for 2 strengths"):
        viz.show_fading({"blur": {"a": [[1, 2, 3]]}}, marks=MARKS, **more)
    with pytest.raises(ValueError, match="blur, a: 0 runs of no values"):
        viz.show_fading({"blur": {"a": []}}, marks=MARKS, **more)


@pytest.mark.parametrize(
    ("points", "names"),
    [
        ({"a": (1, 50), "b": (2, 70), "c": (3, 60), "d": (4, 90)}, ["a", "b", "d"]),
        ({"a": (1, 50), "b": (1, 60), "c": (2, 60)}, ["b"]),
        ({"a": (3, 1), "b": (1, 2)}, ["b"]),
    ],
)
def test_whom_nobody_beats(points, names):
    assert viz.frontier(points) == names


def test_a_pareto_plot_steps_along_those_that_nobody_beats():
    points = {"price": {"a": [(1, 50), (3, 70)], "b": [(4, 55)]}}
    (ax,) = viz.show_pareto(points, marks=MARKS, y_label="%")
    steps = [line for line in ax.get_lines() if line.get_linestyle() == "--"]
    assert [list(line.get_xydata().flatten()) for line in steps] == [[2, 60]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("price", "%")
    with pytest.raises(ValueError, match="without a mark"):
        viz.show_pareto({"price": {"c": [(1, 1)]}}, marks=MARKS, y_label="%")
