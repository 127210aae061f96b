"""Three captioners of as many parameters; a row says what is right."""

import pytest

from companion.cost import count_parameters
from companion.experiments import scene_captions

SETTINGS = {"scenes": 64, "judged": 40, "epochs": 1}


def test_all_have_about_as_many_parameters():
    sizes = [count_parameters(scene_captions.build(v, 25)) for v in scene_captions.VARIANTS]
    assert max(sizes) / min(sizes) < 1.02


@pytest.mark.parametrize("variant", scene_captions.VARIANTS)
def test_a_row_says_what_is_right(variant, tmp_path):
    row = scene_captions.run(variant, 0, "cpu", settings=SETTINGS, folder=tmp_path)
    assert row.keys() == {"parameters", "exact", "shapes"}
    assert 0 <= row["exact"] <= row["shapes"] <= 1


def test_each_check_compares_seed_by_seed():
    values = {"attention": (0.95, 0.9), "mean": (0.6, 0.7), "learned sum": (0.9, 0.88)}
    rows = [
        {"variant": variant, "seed": seed, "exact": value}
        for variant, pair in values.items()
        for seed, value in enumerate(pair)
    ]
    ahead = [check.measure({"rows": rows[::-1]}) for check in scene_captions.EXPERIMENT.checks]
    assert ahead == pytest.approx([2.0, 18.0])
