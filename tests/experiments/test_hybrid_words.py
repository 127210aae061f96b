"""A row's variant says its task and its word; words have as many parameters, within 2 %."""

import pytest

from companion.cost import count_parameters
from companion.data import ImageSet
from companion.experiments import hybrid_words as words
from companion.parts import PatchGrid

SMALL = {
    **words.EXPERIMENT.settings["cpu"],
    "sheets": 64,
    "test_sheets": 10,
    "scenes": 32,
    "test_scenes": 10,
}


def test_words_on_sheets_have_as_many_parameters():
    counts = [
        count_parameters(words.build(word, PatchGrid(32, 8), classes=4, seed=0))
        for word in words.WORDS
    ]
    assert len(counts) == 8
    assert max(counts) < 1.02 * min(counts)


@pytest.mark.parametrize(
    ("variant", "epochs"),
    [("digits: mam", 6), ("2 pairs: amm", 1), ("twins, longer: mma", 4)],
)
def test_a_row_has_a_share_for_each_epoch(variant, epochs, tmp_path):
    row = words.run(variant, 6, "cpu", settings=SMALL, folder=tmp_path)
    assert len(row["curve"]) == epochs
    assert row["right"] == row["curve"][-1]
    assert ("by counting" in row) == ("digits" not in variant)


def test_a_task_is_what_its_name_says():
    pairs = words.task("2 pairs", 0, SMALL).test
    assert ((pairs.twins >= 0).sum(dim=1) == 4).all()
    scenes = words.task("large, longer", 0, SMALL)
    assert isinstance(scenes.test, ImageSet)
    assert scenes.epochs == 4 * SMALL["scene_epochs"]


def test_rows_are_sorted_by_variant_and_seed():
    rows = [{"variant": v, "seed": s} for v, s in (("b", 1), ("a", 0), ("b", 0))]
    found = words.by_variant({"rows": rows})
    assert [row["seed"] for row in found["b"]] == [0, 1]
    assert words.by_variant(None) == {}


def test_each_check_reads_its_own_variants():
    rights = dict.fromkeys(words.VARIANTS, 0.8)
    rights |= {"twins: aam": 0.7, "twins: mma": 0.1, "twins, longer: mmm": 0.4, "digits: mam": 0.9}
    rows = [{"variant": v, "seed": 0, "right": r} for v, r in rights.items()]
    found = [check.measure({"rows": rows}) for check in words.EXPERIMENT.checks]
    assert found == [0.7, 0.4, 0.8]
