"""The source that a chapter shows is the package's, and recorded results are read or missed."""

import pytest

from companion.lessons import recorded, show_source, source
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
