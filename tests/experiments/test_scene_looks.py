"""What is trained even stays even, and a row says how many are right."""

from companion.experiments import scene_looks
from companion.inspection import change_attention


def test_a_row_changes_the_layers_above_the_first(monkeypatch, tmp_path):
    changed = []

    def noted(model, changes):
        changed.extend(changes)
        return change_attention(model, changes)

    monkeypatch.setattr(scene_looks, "change_attention", noted)
    settings = {"scenes": 32, "epochs": 1}
    row = scene_looks.run("even above layer 1", 0, "cpu", settings=settings, folder=tmp_path)
    assert changed == [f"blocks.{layer}.token_mixer" for layer in (1, 2, 3)]
    assert 0 <= row["right"] <= 1
