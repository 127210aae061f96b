import json

import pytest

from companion.lessons import curves, keep_curves, recorded_curves
from companion.lessons.curves import MIME, curves_of


@pytest.fixture
def shown(monkeypatch):
    outputs = []
    monkeypatch.setattr(curves, "show", lambda *forms: outputs.append(forms))
    return outputs


def test_curves_are_shown_as_a_table_and_stored(shown):
    keep_curves("Right", {"a <b>": [0.123456789, 1]}, x=[4, 16], x_label="n", unit="%")
    ((text, html, more),) = shown
    assert text.splitlines() == ["n      4    16", "a <b>  12%  100%"]
    assert "a &lt;b&gt;" in html
    stored = {"title": "Right", "x": [4, 16], "unit": "%", "curves": {"a <b>": [0.123457, 1]}}
    assert more == {MIME: stored}
    notebook = {"cells": [{"outputs": [{"data": more}, {"name": "stdout"}]}, {"source": "#"}]}
    assert curves_of(notebook) == [stored]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "'Right': there are no curves to keep"),
        ({"a": [1.0]}, "curve 'a' has 1 values for 2 places"),
        ({"a": [1.0, float("nan")]}, "measured is nan"),
    ],
)
def test_curves_that_cannot_be_kept_are_refused(given, message, shown):
    with pytest.raises(ValueError, match=message):
        keep_curves("Right", given, x=[1, 2], x_label="n")
    assert not shown


def test_recorded_curves_come_back_by_name_one_for_each_seed(tmp_path):
    seeds = {str(seed): {"x": [1, 2], "curves": {"a": [seed, 2], "b": [0, 0]}} for seed in (0, 1)}
    record = {"profiles": {"book": {"curves": {"Right": seeds}}, "full": {}}}
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "01_a.json").write_text(json.dumps(record))
    found = recorded_curves("01_a", "book", "Right", folder=tmp_path)
    assert found == ([1, 2], {"a": [[0, 2], [1, 2]], "b": [[0, 0], [0, 0]]})
    for chapter, profile, title in (
        ("01_a", "book", "Wrong"),
        ("01_a", "full", "Right"),
        ("01_a", "smoke", "Right"),
        ("02_b", "book", "Right"),
    ):
        assert recorded_curves(chapter, profile, title, folder=tmp_path) is None
