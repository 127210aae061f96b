"""What is trained even stays even, and a row says how many are right."""

import pytest

from companion.experiments import scene_looks
from companion.inspection import change_attention

ONE, ABOVE, EVERY = scene_looks.EVEN


@pytest.mark.parametrize(
    ("variant", "layers"), [(ONE, (0,)), (ABOVE, (1, 2, 3)), (EVERY, (0, 1, 2, 3))]
)
def test_a_row_changes_the_layers_of_its_variant(variant, layers, monkeypatch, tmp_path):
    changed = []

    def noted(model, changes):
        changed.extend(changes)
        return change_attention(model, changes)

    monkeypatch.setattr(scene_looks, "change_attention", noted)
    settings = {"scenes": 32, "epochs": 1}
    row = scene_looks.run(variant, 0, "cpu", settings=settings, folder=tmp_path)
    assert changed == [f"blocks.{layer}.token_mixer" for layer in layers]
    assert 0 <= row["right"] <= 1


def test_each_check_reads_its_own_variant():
    rights = {ABOVE: 0.9, EVERY: 0.6, ONE: 0.7}
    rows = [{"variant": variant, "right": right} for variant, right in rights.items()]
    found = [check.measure({"rows": rows}) for check in scene_looks.EXPERIMENT.checks]
    assert found == [0.9, 0.6, 0.7]
