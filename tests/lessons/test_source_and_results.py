"""The source that a chapter shows is the package's, and recorded results are read or missed."""

import json

import pytest

from companion.lessons import (
    recorded,
    recorded_curves,
    results,
    show_recorded,
    show_source,
    source,
    with_error,
)
from companion.models import ViT


def test_the_source_shown_is_the_one_that_runs(monkeypatch):
    shown = []
    monkeypatch.setattr(source, "show", lambda *forms: shown.append(forms))
    show_source(ViT, recorded)
    ((text, html, more),) = shown
    assert text.startswith("class ViT(PatchClassifier):")
    assert "def recorded(" in text
    assert html is None
    assert more == {"text/markdown": f"```python\n{text}\n```"}


@pytest.mark.parametrize("things", [(), (len,)])
def test_nothing_to_show_is_refused(things):
    with pytest.raises(ValueError, match=r"at least one|no Python source"):
        show_source(*things)


def test_results_are_read_missed_or_refused(tmp_path):
    (tmp_path / "good.json").write_text('{"seconds": 1}')
    (tmp_path / "bad.json").write_text("{")
    assert recorded("good", tmp_path) == {"seconds": 1}
    assert recorded("absent", tmp_path) is None
    with pytest.raises(ValueError, match=r"bad\.json is not JSON"):
        recorded("bad", tmp_path)


def test_a_run_is_seen_to_depend_on_a_record_that_is_not_there(tmp_path, opened):
    assert recorded("absent", tmp_path) is None
    assert recorded_curves("04_vit", "book", "Right", folder=tmp_path) is None
    show_recorded("04_vit", "book", folder=tmp_path)
    assert opened == ["absent.json", "04_vit.json", "04_vit.json"]


RUN = {
    "seeds": [0, 1],
    "seconds": {"0": 60.0, "1": 180.0},
    "provenance": {
        "date": "2026-01-02",
        "hardware": {"processor": "A <fast> one", "cores": 2, "accelerator": "none"},
        "versions": {"torch": "2.13.0"},
    },
    "claims": {
        "reads": {
            "title": "It reads",
            "unit": "%",
            "exact": False,
            "values": {"0": 0.985, "1": 0.99},
        },
        "sums": {"title": "It sums", "unit": "", "exact": True, "values": {"0": 1, "1": 1}},
    },
}


def test_recorded_runs_are_shown_seed_by_seed(tmp_path, monkeypatch):
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "04_vit.json").write_text(json.dumps({"profiles": {"full": RUN}}))
    shown = []
    monkeypatch.setattr(results, "show", lambda *forms: shown.append(forms))
    show_recorded("04_vit", "full", folder=tmp_path)
    (table, html), (line, line_html) = shown
    assert "It reads  98.5 %  99 %" in table
    assert "It sums" not in table
    assert '<th scope="row"' in html
    assert line == "2026-01-02, A <fast> one, 2 cores, torch 2.13.0, 2 minutes a seed."
    assert "&lt;fast&gt;" in line_html


def test_runs_with_changed_settings_are_shown_by_name(tmp_path, monkeypatch):
    (tmp_path / "seeds").mkdir()
    record = {"profiles": {"full data=cifar10 epochs=3": RUN}}
    (tmp_path / "seeds" / "04_vit.json").write_text(json.dumps(record))
    shown = []
    monkeypatch.setattr(results, "show", lambda *forms: shown.append(forms[0]))
    show_recorded("04_vit", "full", {"epochs": 3, "data": "cifar10"}, folder=tmp_path)
    assert "It reads  98.5 %  99 %" in shown[0]
    show_recorded("04_vit", "full", {"data": "cifar10"}, folder=tmp_path)
    assert shown[-1] == "No run of 04_vit in profile 'full data=cifar10' is recorded here."


@pytest.mark.parametrize("name", ["04_vit", "05_absent"])
def test_what_was_not_recorded_is_said_to_be_missing(name, tmp_path, monkeypatch):
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "04_vit.json").write_text(json.dumps({"profiles": {"book": RUN}}))
    shown = []
    monkeypatch.setattr(results, "show", lambda *forms: shown.append(forms))
    show_recorded(name, "full", folder=tmp_path)
    assert shown[0][0] == f"No run of {name} in profile 'full' is recorded here."


def test_a_share_is_written_with_its_standard_error():
    assert with_error(0.5, 100) == "50.0 % ± 5.0 %"
    assert with_error(1.0, 7) == "100.0 % ± 0.0 %"
    for share, n in ((1.5, 3), (0.5, 0)):
        with pytest.raises(ValueError, match="give a number from 0 to 1"):
            with_error(share, n)
